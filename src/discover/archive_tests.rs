use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipWriter};

use super::*;

type Packer = fn(&[u8]) -> Vec<u8>;

const PACKERS: [(&str, Packer); 4] = [("gz", gz), ("bz2", bz2), ("xz", xz), ("zst", zst)];

const DAY: &str = "2020-08-10 11:16:29 INFO hello\n";

fn text(lines: usize, seed: usize) -> Vec<u8> {
    let lines = (0..lines).map(|i| format!("{DAY}{} {}\n", i * seed, (i * 7919 + seed) % 9973));
    lines.collect::<String>().into_bytes()
}

/// All sources with their content, and what was said, at finding or at reading, with paths below the folder.
fn read(folder: &Path, options: &DiscoverOptions) -> (Vec<(String, Vec<u8>)>, String) {
    let found = discover(&[Place::from(folder)], options);
    let mut said: Vec<String> = Vec::new();
    let prefix = format!("{}/", shown::path(folder));
    let short = |path: &str| path.replace(&prefix, "");
    for problem in &found.problems {
        let lost = if problem.lossy { " [lost]" } else { "" };
        let source = problem.source.as_deref().unwrap_or_default();
        said.push(short(&format!("{source}: {}{lost}", problem.text.en)));
    }
    let mut contents: Vec<(String, Vec<u8>)> = Vec::new();
    for batch in found.batches() {
        for (index, opened) in open_batch(&found.sources, &batch) {
            let path = short(&found.sources[index].info.path);
            let mut content = Vec::new();
            let result = opened.and_then(|opened| dedupe::reader(opened).read_to_end(&mut content));
            if let Err(error) = result {
                said.push(format!(
                    "{path}: at reading: {}",
                    archive::text_of(&error).en
                ));
            }
            // One at a time gives the same as in a batch.
            let mut alone = Vec::new();
            let _ = found.sources[index]
                .open()
                .and_then(|opened| dedupe::reader(opened).read_to_end(&mut alone));
            assert_eq!(content.len(), alone.len(), "{path}");
            assert_eq!(content, alone, "{path}");
            contents.push((path, content));
        }
    }
    contents.sort();
    assert_eq!(contents.len(), found.sources.len());
    (contents, said.join("\n"))
}

fn paths(contents: &[(String, Vec<u8>)]) -> Vec<&str> {
    contents.iter().map(|(path, _)| path.as_str()).collect()
}

fn zipped(members: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn deflated() -> SimpleFileOptions {
    let time = zip::DateTime::from_date_and_time(2020, 8, 10, 11, 16, 28).unwrap();
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(time)
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

fn tarred(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mtime(1_597_058_189);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn bz2(content: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn xz(content: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(3);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zst(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

fn sevenz(members: &[(&str, &[u8])], password: Option<&str>, solid: bool) -> Vec<u8> {
    use sevenz_rust2::{ArchiveEntry, ArchiveWriter, EncoderMethod, SourceReader, encoder_options};
    let mut writer = ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
    if let Some(password) = password {
        let aes = encoder_options::AesEncoderOptions::new(password.into());
        writer.set_content_methods(vec![aes.into(), EncoderMethod::LZMA2.into()]);
    }
    let entry = |name: &&str| ArchiveEntry::new_file(name);
    if solid {
        let entries = members.iter().map(|(name, _)| entry(name)).collect();
        let contents = members
            .iter()
            .map(|(_, c)| SourceReader::new(Cursor::new(c.to_vec())));
        writer
            .push_archive_entries(entries, contents.collect())
            .unwrap();
    } else {
        for (name, content) in members {
            writer
                .push_archive_entry(entry(name), Some(Cursor::new(content.to_vec())))
                .unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

fn cabinet(members: &[(&str, &[u8])], method: cab::CompressionType) -> Vec<u8> {
    let mut builder = cab::CabinetBuilder::new();
    let folder = builder.add_folder(method);
    for (name, _) in members {
        folder.add_file(*name);
    }
    let mut writer = builder.build(Cursor::new(Vec::new())).unwrap();
    let mut contents = members.iter();
    while let Some(mut file) = writer.next_file().unwrap() {
        file.write_all(contents.next().unwrap().1).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// How many kinds [`every_archive`] makes.
const KINDS: usize = 12;

fn every_archive(members: &[(&str, &[u8])]) -> Vec<(&'static str, Vec<u8>)> {
    let tar = tarred(members);
    vec![
        ("zip", zipped(members, deflated())),
        ("stored.zip", zipped(members, stored())),
        (
            "bzip2.zip",
            zipped(
                members,
                stored().compression_method(CompressionMethod::Bzip2),
            ),
        ),
        ("tar.gz", gz(&tar)),
        ("tar.bz2", bz2(&tar)),
        ("tar.xz", xz(&tar)),
        ("tar.zst", zst(&tar)),
        ("tar", tar),
        ("7z", sevenz(members, None, false)),
        ("solid.7z", sevenz(members, None, true)),
        ("cab", cabinet(members, cab::CompressionType::MsZip)),
        ("stored.cab", cabinet(members, cab::CompressionType::None)),
    ]
}

#[test]
fn every_archive_gives_its_members() {
    let (long, short) = (text(9_000, 3), text(5, 11));
    let members = [
        ("Traces/b.log", &long[..]),
        ("a.log", &short),
        ("Traces/c.log", b""),
    ];
    for (name, archive) in every_archive(&members) {
        let folder = tempfile::tempdir().unwrap();
        // The name says nothing: the content does.
        fs::write(folder.path().join("x.log"), archive).unwrap();
        let (contents, said) = read(folder.path(), &DiscoverOptions::default());
        let expected = ["x.log!Traces/b.log", "x.log!Traces/c.log", "x.log!a.log"];
        assert_eq!(paths(&contents), expected, "{name}: {said}");
        assert_eq!(said, "x.log!Traces/c.log: empty file", "{name}");
        assert_eq!(contents[0].1.len(), long.len(), "{name}");
        assert!(
            contents[0].1 == long && contents[1].1.is_empty() && contents[2].1 == short,
            "{name}"
        );
    }
}

#[test]
fn packed_files_give_their_content_under_their_own_name() {
    let content = text(4_000, 5);
    let options = DiscoverOptions {
        programs: vec![ProgramNames {
            id: "it".into(),
            files: vec!["SwyxIt!".into()],
        }],
        ..DiscoverOptions::default()
    };
    for (ending, pack) in PACKERS {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("SwyxIt!-20200810-111559.log.{ending}");
        // Several streams in a row, and zeros after them.
        let (first, second) = content.split_at(1_000);
        let packed = [
            pack(first),
            pack(second),
            vec![0; if ending == "xz" { 4 } else { 7 }],
        ]
        .concat();
        fs::write(folder.path().join(&name), packed).unwrap();
        let (contents, said) = read(folder.path(), &options);
        assert_eq!(
            (said.as_str(), paths(&contents)),
            ("", vec![&*name]),
            "{ending}"
        );
        assert!(contents[0].1 == content, "{ending}");
        let found = discover(&[Place::from(folder.path())], &options);
        let info = &found.sources[0].info;
        assert_eq!(info.name, "SwyxIt!-20200810-111559.log", "{ending}");
        assert_eq!(info.program.as_deref(), Some("it"));
        assert!(info.named.is_some() && info.modified.is_some());
    }
}

#[test]
fn garbage_behind_packed_data_is_said_and_loses_nothing_before_it() {
    for (ending, pack) in PACKERS {
        let folder = tempfile::tempdir().unwrap();
        let content = text(4_000, 5);
        let packed = [pack(&content), b"garbage".to_vec()].concat();
        fs::write(folder.path().join("x.log"), packed).unwrap();
        let (contents, said) = read(folder.path(), &DiscoverOptions::default());
        assert!(contents[0].1 == content, "{ending}");
        assert_eq!(
            said, "x.log: at reading: other data follows the packed data; it was not read",
            "{ending}"
        );
    }
}

#[test]
fn archives_cut_at_every_tenth_give_what_is_whole_and_say_so() {
    let contents: Vec<Vec<u8>> = (1..=8).map(|seed| text(1_500, seed)).collect();
    let names: Vec<String> = (1..=8).map(|seed| format!("{seed}.log")).collect();
    let members: Vec<(&str, &[u8])> = names
        .iter()
        .map(String::as_str)
        .zip(contents.iter().map(Vec::as_slice))
        .collect();
    for (name, archive) in every_archive(&members) {
        let mut most = 0;
        for tenth in 1..10 {
            let folder = tempfile::tempdir().unwrap();
            let cut = archive.len() * tenth / 10;
            fs::write(folder.path().join("x"), &archive[..cut]).unwrap();
            let (found, said) = read(folder.path(), &DiscoverOptions::default());
            assert!(!said.is_empty(), "{name} cut at {tenth}/10 is silent");
            let mut whole = 0;
            for (path, content) in &found {
                let member = path.trim_start_matches("x!");
                let index = names.iter().position(|n| n == member).unwrap();
                assert!(
                    contents[index].starts_with(content),
                    "{name} {tenth}/10 {path}"
                );
                whole += usize::from(content.len() == contents[index].len());
            }
            assert!(whole >= most, "{name}: fewer members at {tenth}/10");
            most = whole;
        }
        // A 7z has its directory at its end; bzip2 and xz are unpacked by blocks larger than all of this.
        if !["7z", "bz2", "xz"]
            .iter()
            .any(|packer| name.contains(packer))
        {
            assert!(most >= 5, "{name}: {most} of 8 at 9/10");
        }
    }
}

#[test]
fn a_zip_written_to_a_pipe_is_rescued_without_its_directory() {
    // Sizes behind the data, as programs write that cannot go back.
    let mut writer = ZipWriter::new_stream(Vec::new());
    for (name, lines) in [("a.log", 300), ("b.log", 500)] {
        writer.start_file(name, deflated()).unwrap();
        writer.write_all(&text(lines, 3)).unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    let end = memchr::memmem::find(&archive, b"PK\x01\x02").unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.zip"), &archive[..end]).unwrap();
    let (contents, said) = read(folder.path(), &DiscoverOptions::default());
    assert_eq!(paths(&contents), ["x.zip!a.log", "x.zip!b.log"]);
    assert!(contents[0].1 == text(300, 3) && contents[1].1 == text(500, 3));
    assert!(
        said.contains("its directory is missing; 2 members"),
        "{said}"
    );
    // Whole, with other data before and after it.
    let garbage = [&archive[..], &[b'x'; 100]].concat();
    fs::write(folder.path().join("x.zip"), garbage).unwrap();
    assert_eq!(read(folder.path(), &DiscoverOptions::default()).0, contents);
}

#[test]
fn the_rarer_methods_of_zip_are_read() {
    let content = text(2_000, 3);
    let crc = {
        let mut crc = flate2::Crc::new();
        crc.update(&content);
        crc.sum()
    };
    let lzma = {
        let options = lzma_rust2::LzmaOptions::with_preset(3);
        let mut writer =
            lzma_rust2::LzmaWriter::new_no_header(Vec::new(), &options, false).unwrap();
        writer.write_all(&content).unwrap();
        let properties = (options.pb * 5 + options.lp) * 9 + options.lc;
        let header = [
            &[9, 4, 5, 0, properties as u8][..],
            &options.dict_size.to_le_bytes(),
        ]
        .concat();
        [header, writer.finish().unwrap()].concat()
    };
    // Deflate64 differs from deflate only in long matches; blocks without any are the same.
    let mut deflate64 = Vec::new();
    for (i, chunk) in content.chunks(60_000).enumerate() {
        deflate64.push(u8::from((i + 1) * 60_000 >= content.len()));
        deflate64.extend((chunk.len() as u16).to_le_bytes());
        deflate64.extend((!(chunk.len() as u16)).to_le_bytes());
        deflate64.extend(chunk);
    }
    let methods = [
        (9_u16, deflate64),
        (14, lzma),
        (93, zst(&content)),
        (95, xz(&content)),
    ];
    for (method, packed) in methods {
        let archive = by_hand(method, &packed, content.len(), crc);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.zip"), &archive).unwrap();
        let (contents, said) = read(folder.path(), &DiscoverOptions::default());
        assert_eq!(said, "", "method {method}");
        assert!(contents[0].1 == content, "method {method}");
        // A wrong checksum is said, and the content stands.
        fs::write(
            folder.path().join("x.zip"),
            by_hand(method, &packed, content.len(), crc ^ 1),
        )
        .unwrap();
        let (contents, said) = read(folder.path(), &DiscoverOptions::default());
        assert!(
            said.contains("checksum") && contents[0].1 == content,
            "{said}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.zip"), by_hand(6, b"imploded", 99, 1)).unwrap();
    let (_, said) = read(folder.path(), &DiscoverOptions::default());
    assert!(
        said.contains("packed in a way that is not read (zip method 6)"),
        "{said}"
    );
}

/// A zip of one member, written byte by byte.
fn by_hand(method: u16, packed: &[u8], size: usize, crc: u32) -> Vec<u8> {
    let mut common = Vec::new();
    for half in [63, 0, method, 0, 0x5100] {
        common.extend(half.to_le_bytes());
    }
    for word in [crc, packed.len() as u32, size as u32] {
        common.extend(word.to_le_bytes());
    }
    common.extend([5, 0, 0, 0]);
    let local = [b"PK\x03\x04", &common[..], b"a.log", packed].concat();
    let central = [b"PK\x01\x02\x3f\0", &common[..], &[0; 14], b"a.log"].concat();
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend((central.len() as u32).to_le_bytes());
    end.extend((local.len() as u32).to_le_bytes());
    end.extend([0, 0]);
    [local, central, end].concat()
}

#[test]
fn encrypted_archives_ask_for_the_password_and_are_read_with_it() {
    let content = text(900, 3);
    let aes = deflated().with_aes_encryption(AesMode::Aes256, "geheim");
    let archives = [
        ("zip", zipped(&[("a.log", &content)], aes), "x!a.log"),
        (
            "7z",
            sevenz(&[("a.log", &content)], Some("geheim"), false),
            "x",
        ),
    ];
    for (name, archive, who) in archives {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), &archive).unwrap();
        let with = |password: Option<&str>| {
            let password = password.map(str::to_owned);
            read(
                folder.path(),
                &DiscoverOptions {
                    password,
                    ..DiscoverOptions::default()
                },
            )
        };
        let (contents, said) = with(Some("geheim"));
        assert_eq!((paths(&contents), &*said), (vec!["x!a.log"], ""), "{name}");
        assert!(contents[0].1 == content, "{name}");
        let (contents, said) = with(None);
        assert!(contents.is_empty(), "{name}");
        assert!(
            said.starts_with(who) && said.contains("give the password (--password)"),
            "{name}: {said}"
        );
        let (contents, said) = with(Some("falsch"));
        assert!(contents.is_empty(), "{name}");
        assert!(said.contains("does not fit"), "{name}: {said}");
    }
}

#[test]
fn archives_inside_archives_are_read_to_the_depth_that_is_allowed() {
    let inner = zipped(&[("a.log", b"10:00 a\n")], deflated());
    let packed = gz(&tarred(&[("inner.zip", &inner), ("b.log", b"10:01 b\n")]));
    let second = sevenz(
        &[("c.log", b"10:02 c\n"), ("d.log", b"10:03 d\n")],
        None,
        true,
    );
    let outer = zipped(&[("t.tgz", &packed), ("t.7z", &second)], stored());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.zip"), &outer).unwrap();
    let (contents, said) = read(folder.path(), &DiscoverOptions::default());
    assert_eq!(said, "");
    assert_eq!(
        paths(&contents),
        [
            "x.zip!t.7z!c.log",
            "x.zip!t.7z!d.log",
            "x.zip!t.tgz!b.log",
            "x.zip!t.tgz!inner.zip!a.log",
        ]
    );
    assert_eq!(contents[3].1, b"10:00 a\n");
    let limits = Limits {
        depth: 3,
        ..Limits::default()
    };
    let (contents, said) = read(
        folder.path(),
        &DiscoverOptions {
            limits,
            ..DiscoverOptions::default()
        },
    );
    assert_eq!(contents.len(), 3);
    assert_eq!(
        said,
        "x.zip!t.tgz!inner.zip: an archive inside 3 others; not read (--max-depth) [lost]"
    );
    let limits = Limits {
        nested: 100,
        ..Limits::default()
    };
    let (_, said) = read(
        folder.path(),
        &DiscoverOptions {
            limits,
            ..DiscoverOptions::default()
        },
    );
    assert!(
        said.contains("an archive inside an archive, larger than 100 bytes"),
        "{said}"
    );
}

#[test]
fn bombs_hit_a_limit_and_every_hit_is_said() {
    let many: Vec<String> = (0..50).map(|i| format!("{i:02}.log")).collect();
    // All of one length, and each of its own content: copies would be read once.
    let texts: Vec<Vec<u8>> = (b'A'..)
        .take(50)
        .map(|c| vec![b'1', b'0', b':', b'0', b'0', b' ', c, b'\n'])
        .collect();
    let members: Vec<(&str, &[u8])> = many
        .iter()
        .zip(&texts)
        .map(|(n, text)| (n.as_str(), &text[..]))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    for (name, archive) in every_archive(&members) {
        fs::write(folder.path().join("x"), archive).unwrap();
        let limits = Limits {
            members: 10,
            ..Limits::default()
        };
        let (contents, said) = read(
            folder.path(),
            &DiscoverOptions {
                limits,
                ..DiscoverOptions::default()
            },
        );
        assert_eq!(contents.len(), 10, "{name}");
        assert_eq!(
            said,
            "x: holds more than 10 files; the others were not read (--max-members) [lost]"
        );
        let limits = Limits {
            bytes: 80,
            ..Limits::default()
        };
        let (contents, said) = read(
            folder.path(),
            &DiscoverOptions {
                limits,
                ..DiscoverOptions::default()
            },
        );
        assert!(contents.len() <= 10, "{name}");
        assert!(
            said.contains("unpacks to more than 80 bytes"),
            "{name}: {said}"
        );
    }
    let blanks = vec![b' '; 24 << 20];
    for (name, bomb) in [
        ("zip", zipped(&[("a.log", &blanks)], deflated())),
        ("gz", gz(&blanks)),
        ("bz2", bz2(&blanks)),
    ] {
        fs::write(folder.path().join("x"), bomb).unwrap();
        let limits = Limits {
            ratio: 100,
            ..Limits::default()
        };
        let (contents, said) = read(
            folder.path(),
            &DiscoverOptions {
                limits,
                ..DiscoverOptions::default()
            },
        );
        assert!(contents[0].1.len() < 17 << 20, "{name}");
        assert!(
            said.contains("unpacks to more than 100 times its size"),
            "{name}: {said}"
        );
    }
}

#[test]
fn hostile_member_names_are_only_text() {
    let names = [
        "../../evil.log",
        r"C:\Windows\evil.log",
        "a\u{1b}[2Jb.log",
        "/etc/passwd",
        "..",
        "x/./y.log",
    ];
    let members: Vec<(&str, &[u8])> = names.iter().map(|n| (*n, n.as_bytes())).collect();
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("in");
    fs::create_dir(&inside).unwrap();
    fs::write(inside.join("x.zip"), zipped(&members, stored())).unwrap();
    let (contents, said) = read(&inside, &DiscoverOptions::default());
    assert_eq!(said, "");
    assert_eq!(
        paths(&contents),
        [
            "x.zip!..",
            "x.zip!../../evil.log",
            "x.zip!/etc/passwd",
            "x.zip!C:/Windows/evil.log",
            "x.zip!a\\u{1b}[2Jb.log",
            "x.zip!x/./y.log",
        ]
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(fs::read_dir(&inside).unwrap().count(), 1);
}

#[test]
fn members_carry_their_times_and_what_is_no_trace_is_left_alone() {
    let members: [(&str, &[u8]); 4] = [
        ("SwyxIt!-20200810-111559.log", b"10:00 x\n"),
        ("README.md", b"# x\n"),
        ("crash.dmp", b"MDMP\x93\xa7\0\0"),
        ("report.json", b"{\"schema\":\"swyxtrace-report\"}"),
    ];
    let options = DiscoverOptions {
        ignore: vec!["readme*".into()],
        ..DiscoverOptions::default()
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.zip"), zipped(&members, deflated())).unwrap();
    fs::write(folder.path().join("y.tar"), tarred(&members[..1])).unwrap();
    let found = discover(&[Place::from(folder.path())], &options);
    let local = found.sources[0].info.modified_local.unwrap();
    assert_eq!(local.to_string(), "2020-08-10 11:16:28");
    assert_eq!(found.sources[0].info.modified, None);
    assert_eq!(found.sources[0].info.name, "SwyxIt!-20200810-111559.log");
    assert_eq!(found.sources[0].info.bytes, Some(8));
    assert_eq!(found.ignored.len(), 2);
    assert_eq!(found.binaries.len(), 1);
    // The same file in two archives is read once.
    assert_eq!(found.sources.len(), 1);
    let texts: Vec<&str> = found.problems.iter().map(|p| p.text.en.as_str()).collect();
    assert!(texts[1].starts_with("a copy of "), "{texts:?}");
    fs::remove_file(folder.path().join("x.zip")).unwrap();
    let found = discover(&[Place::from(folder.path())], &options);
    assert_eq!(
        found.sources[0].info.modified,
        Some(1_597_058_189_000_000_000)
    );
}

#[test]
fn a_solid_archive_of_many_is_one_batch_and_the_rest_stand_alone() {
    let members: Vec<(String, Vec<u8>)> = (0..20)
        .map(|i| (format!("{i:02}.log"), text(200, i + 1)))
        .collect();
    let members: Vec<(&str, &[u8])> = members
        .iter()
        .map(|(n, c)| (n.as_str(), c.as_slice()))
        .collect();
    let batches = |archive: Vec<u8>| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), archive).unwrap();
        discover(&[Place::from(folder.path())], &DiscoverOptions::default())
            .batches()
            .len()
    };
    assert_eq!(batches(zipped(&members, deflated())), 20);
    assert_eq!(batches(tarred(&members)), 20);
    assert_eq!(batches(sevenz(&members, None, false)), 20);
    assert_eq!(batches(gz(&tarred(&members))), 1);
    assert_eq!(batches(sevenz(&members, None, true)), 1);
    assert_eq!(batches(cabinet(&members, cab::CompressionType::MsZip)), 1);
    assert_eq!(batches(gz(&zipped(&members, deflated()))), 1);
}

#[test]
fn members_that_are_not_read_to_their_end_are_skipped() {
    let members: Vec<(String, Vec<u8>)> = (0..6)
        .map(|i| (format!("{i}.log"), text(9_000, i + 1)))
        .collect();
    let members: Vec<(&str, &[u8])> = members
        .iter()
        .map(|(n, c)| (n.as_str(), c.as_slice()))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x"), gz(&tarred(&members))).unwrap();
    let found = discover(&[Place::from(folder.path())], &DiscoverOptions::default());
    let batch = &found.batches()[0];
    let mut kept = Vec::new();
    for (index, opened) in open_batch(&found.sources, batch) {
        let mut reader = dedupe::reader(opened.unwrap());
        let mut start = [0; 40];
        reader.read_exact(&mut start).unwrap();
        assert_eq!(start, members[index].1[..40]);
        kept.push(reader);
    }
    assert_eq!(kept.len(), 6);
    // Nobody asks for the rest: the thread has to end on its own.
    drop(open_batch(&found.sources, batch).next());
}

#[test]
fn a_chunk_of_7z_or_xz_with_a_damaged_head_is_an_error_and_no_endless_loop() {
    let content = text(60, 3);
    let archives = [
        (sevenz(&[("a.log", &content)], None, false), 32),
        (xz(&content), 24),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (archive, chunk) in archives {
        // The control byte and the properties: an older lzma-rust2 looped without an end on some.
        for (place, byte) in (0..=255).flat_map(|byte| [(chunk, byte), (chunk + 5, byte)]) {
            let mut archive = archive.clone();
            archive[place] = byte;
            fs::write(folder.path().join("x"), archive).unwrap();
            read(folder.path(), &DiscoverOptions::default());
        }
    }
}

/// One small archive of each kind; made once, because packing takes longer than reading.
fn damageable() -> &'static [Vec<u8>] {
    static MADE: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    MADE.get_or_init(|| {
        let content = text(60, 3);
        let members = [
            ("a.log", &content[..]),
            ("b.log", &content[..500]),
            ("c.log", &content[..50]),
        ];
        let made = every_archive(&members);
        assert_eq!(made.len(), KINDS);
        made.into_iter().map(|(_, archive)| archive).collect()
    })
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
    #[test]
    fn no_damage_makes_it_panic_or_hang(kind in 0..KINDS, hits in proptest::collection::vec((0..10_000_usize, proptest::num::u8::ANY), 1..6)) {
        let mut archive = damageable()[kind].clone();
        for (place, byte) in hits {
            let at = place * archive.len() / 10_000;
            archive[at] = byte;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), archive).unwrap();
        let found = discover(&[Place::from(folder.path())], &DiscoverOptions::default());
        for batch in found.batches() {
            for (_, opened) in open_batch(&found.sources, &batch) {
                let mut content = Vec::new();
                let _ = opened.map(|opened| dedupe::reader(opened).read_to_end(&mut content));
            }
        }
    }
}

#[test]
fn a_packed_copy_beside_its_file_is_read_once() {
    for (ending, pack) in PACKERS {
        let folder = tempfile::tempdir().unwrap();
        let (long, short) = (text(9_000, 3), text(2, 5));
        // What went on after it was packed is no copy; nor is what only begins alike.
        let grown = [&long[..], b"2020-08-10 11:16:30 INFO more\n"].concat();
        let files = [
            ("a.log".to_owned(), long.clone()),
            (format!("a.log.{ending}"), pack(&long)),
            ("b.log".to_owned(), short.clone()),
            (format!("old-b.{ending}"), pack(&short)),
            (format!("c.log.{ending}"), pack(&grown)),
        ];
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let (contents, said) = read(folder.path(), &DiscoverOptions::default());
        let third = format!("c.log.{ending}");
        assert_eq!(paths(&contents), ["a.log", "b.log", third.as_str()]);
        let told = |line: &str| said.lines().any(|l| l.starts_with(line));
        assert!(told(&format!("a.log.{ending}: a copy of ")), "{said}");
        assert!(told(&format!("old-b.{ending}: a copy of ")), "{said}");
        assert_eq!(said.lines().count(), 2, "{said}");
    }
}
