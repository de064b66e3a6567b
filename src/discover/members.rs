//! Members of archives become sources, as deep as the limits allow.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::{self, Bytes, Member, Met, Section, Step, Told, said, text_of};
use super::kind::{self, Format, Kind};
use super::open::Origin;
use super::walk::Walk;
use super::{glob, shown};
use crate::model::{Problem, SourceInfo};

/// What one archive on disk has given so far.
struct Inside {
    root: PathBuf,
    members: u64,
    bytes: u64,
    /// A limit was hit: what is left of it is not looked at.
    stopped: bool,
}

/// An archive, and how it is reached.
struct Container<'c> {
    info: &'c SourceInfo,
    steps: &'c [Step],
    depth: u32,
}

impl Walk {
    /// Takes in the members of an archive on disk.
    pub(super) fn archive(
        &mut self,
        info: &SourceInfo,
        path: &Path,
        format: Format,
    ) -> io::Result<()> {
        let section = Section::open(path)?;
        let mut inside = Inside {
            root: path.to_owned(),
            members: 0,
            bytes: 0,
            stopped: false,
        };
        let container = Container {
            info,
            steps: &[],
            depth: 1,
        };
        self.container(&mut inside, &container, format, Bytes::Section(section));
        Ok(())
    }

    fn container(
        &mut self,
        inside: &mut Inside,
        container: &Container<'_>,
        format: Format,
        bytes: Bytes<'_>,
    ) {
        let path = &container.info.path;
        if container.depth > self.options.limits.depth {
            let depth = self.options.limits.depth;
            self.lost(
                path,
                &said(
                    format!("an archive inside {depth} others; not read (--max-depth)"),
                    format!("ein Archiv in {depth} anderen; nicht gelesen (--max-depth)"),
                ),
            );
            return;
        }
        let options = Arc::clone(&self.options);
        let before = inside.members;
        let result = archive::walk(format, None, bytes, &options, &mut |met| {
            match met {
                Met::Remark(error) => self.lost(path, &error),
                Met::Member(member, bytes) => self.member(inside, container, &member, bytes),
            }
            !inside.stopped
        });
        match result {
            Err(error) => self.lost(path, &error),
            Ok(()) if inside.members == before && !format.is_packed() => {
                self.remark(path, "an archive without files", "ein Archiv ohne Dateien");
            }
            Ok(()) => {}
        }
    }

    fn member(
        &mut self,
        inside: &mut Inside,
        container: &Container<'_>,
        member: &Member,
        bytes: io::Result<Bytes<'_>>,
    ) {
        let info = self.member_info(container.info, member);
        if !matches!(member.step, Step::Packed(_)) {
            let shown = shown::member(&member.name);
            let ignore = &self.options.ignore;
            if shown.split('/').any(|part| glob::any(ignore, part)) {
                self.leave(&info, "ignored", super::walk::ignored_text());
                self.discovery.ignored.push(info.path);
                inside.members += 1;
                return;
            }
            if let Err(error) = self.count(inside, member) {
                inside.stopped = true;
                self.lost(&shown::path(&inside.root), &error);
                return;
            }
        }
        let steps = [container.steps, &[member.step]].concat();
        match bytes {
            Err(error) => self.lost(&info.path, &error),
            Ok(bytes) => self.content(inside, info, &steps, container.depth, bytes),
        }
    }

    fn count(&self, inside: &mut Inside, member: &Member) -> io::Result<()> {
        let limits = self.options.limits;
        inside.members += 1;
        inside.bytes = inside.bytes.saturating_add(member.size.unwrap_or(0));
        if inside.members > limits.members {
            let most = limits.members;
            return Err(said(
                format!("holds more than {most} files; the others were not read (--max-members)"),
                format!(
                    "enthält mehr als {most} Dateien; die übrigen wurden nicht gelesen (--max-members)"
                ),
            ));
        }
        if inside.bytes > limits.bytes {
            let most = limits.bytes;
            return Err(said(
                format!("unpacks to more than {most} bytes; the rest was not read (--max-bytes)"),
                format!(
                    "ergibt entpackt mehr als {most} Bytes; der Rest wurde nicht gelesen (--max-bytes)"
                ),
            ));
        }
        Ok(())
    }

    /// A packed file's content goes by the file's own name, without the ending.
    fn member_info(&self, container: &SourceInfo, member: &Member) -> SourceInfo {
        if matches!(member.step, Step::Packed(_)) {
            let mut info = self.named(container.path.clone(), unpacked_name(&container.name));
            info.modified = container.modified;
            info.modified_local = container.modified_local;
            return info;
        }
        let name = shown::member(&member.name);
        let path = format!("{}!{name}", container.path);
        let mut info = self.named(path, shown::name(&name).to_owned());
        info.modified = member.modified;
        info.modified_local = member.modified_local.filter(|_| member.modified.is_none());
        info.bytes = member.size;
        info
    }

    fn content(
        &mut self,
        inside: &mut Inside,
        info: SourceInfo,
        steps: &[Step],
        depth: u32,
        bytes: Bytes<'_>,
    ) {
        let mut head = Vec::new();
        let (result, bytes) = match bytes {
            Bytes::Section(section) => {
                let result = section
                    .clone()
                    .take(kind::SNIFF as u64)
                    .read_to_end(&mut head);
                (result, Bytes::Section(section))
            }
            Bytes::Stream(stream) => {
                let mut stream = Told(Some(stream));
                let result = (&mut stream)
                    .take(kind::SNIFF as u64)
                    .read_to_end(&mut head);
                let again = io::Cursor::new(head.clone()).chain(stream);
                (result, Bytes::Stream(Box::new(again)))
            }
        };
        // What broke later is said by whoever reads on.
        if let Err(error) = result
            && head.is_empty()
        {
            self.lost(&info.path, &error);
            return;
        }
        let origin = || Origin::Member {
            path: inside.root.clone(),
            steps: steps.to_vec(),
        };
        match kind::of(&head, head.len() < kind::SNIFF) {
            Kind::Archive(format) => {
                let container = Container {
                    info: &info,
                    steps,
                    depth: depth + 1,
                };
                self.container(inside, &container, format, bytes);
            }
            Kind::OwnReport => self.own_report(info),
            kind if kind.is_binary() => self.binary(info, kind, origin(), false),
            kind => self.push(info, kind, origin(), Some(crc32fast::hash(&head))),
        }
    }

    fn lost(&mut self, path: &str, error: &io::Error) {
        let problem = Problem::lost(path, text_of(error));
        self.discovery.problems.push(problem);
    }
}

/// `x.log.gz` holds `x.log`, `x.tgz` holds `x.tar`.
fn unpacked_name(name: &str) -> String {
    let Some((stem, ending)) = name.rsplit_once('.') else {
        return name.to_owned();
    };
    match ending.to_lowercase().as_str() {
        "gz" | "gzip" | "bz2" | "xz" | "zst" | "zstd" => stem.to_owned(),
        "tgz" | "tbz" | "tbz2" | "txz" | "tzst" => format!("{stem}.tar"),
        _ => name.to_owned(),
    }
}
