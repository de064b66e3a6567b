//! Regexes as trees. The build script reads those of the grammars, too, so this file knows nothing of others.

use regex_syntax::ast::{self, Ast, ClassSet, ClassSetItem};
use regex_syntax::hir::Hir;
use regex_syntax::hir::translate::TranslatorBuilder;

/// What a regex is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Bytes, which need not be UTF-8.
    Bytes,
    /// A line of text.
    Line,
    /// A text of many lines: `^` and `$` stand at the edges of any of them.
    Lines,
}

/// Reads a regex.
///
/// # Errors
/// What is wrong with it.
pub fn parse(pattern: &str, subject: Subject) -> Result<Hir, Box<regex_syntax::Error>> {
    let ast = ast::parse::Parser::new().parse(pattern);
    let mut ast = ast.map_err(|error| Box::new(regex_syntax::Error::Parse(error)))?;
    leave_case(&mut ast);
    let hir = TranslatorBuilder::new()
        .utf8(subject != Subject::Bytes)
        .multi_line(subject == Subject::Lines)
        .build()
        .translate(pattern, &ast);
    hir.map_err(|error| Box::new(regex_syntax::Error::Translate(error)))
}

/// Without regard to case, a class such as `[\s\S]` would be looked through letter by letter for what has another case, all
/// of Unicode. A class of `\w`, `\s` and `\d` is the same in either case, and so are marks.
fn leave_case(ast: &mut Ast) {
    match ast {
        Ast::ClassBracketed(class) if has_no_case(&class.kind) => {
            let span = class.span;
            let flag = |kind| ast::FlagsItem { span, kind };
            let items = vec![
                flag(ast::FlagsItemKind::Negation),
                flag(ast::FlagsItemKind::Flag(ast::Flag::CaseInsensitive)),
            ];
            let inside = std::mem::replace(ast, Ast::empty(span));
            *ast = Ast::group(ast::Group {
                span,
                kind: ast::GroupKind::NonCapturing(ast::Flags { span, items }),
                ast: Box::new(inside),
            });
        }
        Ast::Repetition(repeated) => leave_case(&mut repeated.ast),
        Ast::Group(group) => leave_case(&mut group.ast),
        Ast::Alternation(ways) => ways.asts.iter_mut().for_each(leave_case),
        Ast::Concat(parts) => parts.asts.iter_mut().for_each(leave_case),
        _ => {}
    }
}

/// True for what [`leave_case`] is about: a list with at least one class that is large.
fn has_no_case(class: &ClassSet) -> bool {
    let ClassSet::Item(ClassSetItem::Union(list)) = class else {
        return false;
    };
    let is_mark = |c: char| c.is_ascii() && !c.is_ascii_alphabetic();
    let has_none = |item: &ClassSetItem| match item {
        ClassSetItem::Perl(_) => true,
        ClassSetItem::Literal(literal) => is_mark(literal.c),
        _ => false,
    };
    let is_large = |item: &ClassSetItem| matches!(item, ClassSetItem::Perl(_));
    list.items.iter().all(has_none) && list.items.iter().any(is_large)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_has_no_case_is_the_same_set() {
        for pattern in [
            r"(?i)(?:proxy|firewall)[\s\S]*(?:websocket|wss:)",
            r"(?i)^\s*(?P<name>[\w.]*port)\s*[=:]\s*(?P<port>\d{1,5})$",
            r"(?i)[^\s.]+k(?P<b>s)?",
            r"(?i-u)[^\w-]x(?P<x>[0-9]+)",
            r"(?i)[\D-]{3}|[\w!ß]|[\wa]|(?-i)[\d:]",
        ] {
            let mut parser = regex_syntax::ParserBuilder::new().utf8(false).build();
            let plain = parser.parse(pattern).unwrap();
            assert_eq!(parse(pattern, Subject::Bytes).unwrap(), plain, "{pattern}");
        }
    }
}
