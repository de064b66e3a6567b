//! Writes rules: what would a search cost with ten times as many?

use std::fs;
use std::io;
use std::path::Path;

use super::corpus::Numbers;

/// How many: ten times as many as are part of the program.
pub const MANY: u64 = 3000;

/// Parts of words, so that texts look like texts and have pieces in common with everyday lines.
const SYLLABLES: [&str; 40] = [
    "ba", "be", "bi", "bo", "bu", "da", "de", "di", "do", "fa", "fe", "ga", "go", "ka", "ke", "ko",
    "la", "le", "li", "lo", "ma", "me", "mi", "mo", "na", "ne", "no", "pa", "pe", "ra", "re", "ro",
    "sa", "se", "ti", "to", "tra", "kon", "ver", "ent",
];

fn word(numbers: &mut Numbers) -> String {
    let parts = 2 + numbers.below(3);
    let part = |_| SYLLABLES[numbers.below(SYLLABLES.len() as u64) as usize];
    (0..parts).map(part).collect()
}

/// A text as runtimes write them: a name, a sentence, a constant. The number makes it the only one.
fn text(number: u64, numbers: &mut Numbers) -> String {
    let (one, two) = (word(numbers), word(numbers));
    match number % 4 {
        0 => format!("{one}{two}{number}Exception"),
        1 => format!("{one} {number} of {two} failed"),
        2 => format!("ERR_{}_{}_{number}", one.to_uppercase(), two.to_uppercase()),
        _ => format!("cannot {one} the {two} {number}"),
    }
}

fn rule(number: u64, numbers: &mut Numbers) -> String {
    let text = text(number, numbers);
    let more = match number % 6 {
        0 => "regex = '(?i)failed|exception|err_|cannot'",
        1 => "any_literal = [\"code\", \"number\"]",
        _ => "",
    };
    let audience = "user = \"x\"\nvendor = \"x\"\nadmin = { summary = \"x\", remedy = [\"x\"] }";
    format!(
        "title = {{ en = \"Fault {number}\", de = \"Fehler {number}\" }}\nsince = \"0.1.0\"\nbasis = \"inferred\"\n\
         cause = \"fault-{number}\"\nstage = \"by_endpoint\"\nseverity = \"error\"\n[text.en]\n{audience}\n\
         [text.de]\n{audience}\n[[when]]\nliteral = \"{text}\"\n{more}\n\
         [[example]]\nname = \"it fires\"\nfires_at = [1]\ntrace = \"2020-08-10 11:16:29.123 [error] {text}, code {number}\"\n\
         [[example]]\nname = \"it does not\"\nfires_at = []\ntrace = \"2020-08-10 11:16:29.123 [info] all is well\"\n"
    )
}

/// Writes a folder of grammars with so many rules.
///
/// # Errors
/// What the file system says.
pub fn write(folder: &Path, count: u64) -> io::Result<()> {
    let place = folder.join("rules/resource");
    fs::create_dir_all(&place)?;
    let mut numbers = Numbers::new(11);
    for number in 0..count {
        let path = place.join(format!("fault-{number}.toml"));
        fs::write(path, rule(number, &mut numbers))?;
    }
    Ok(())
}
