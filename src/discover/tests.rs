use std::fs;
use std::path::Path;

use super::*;

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn find(paths: &[&Path], options: &DiscoverOptions) -> Discovery {
    let places: Vec<Place> = paths.iter().map(|p| Place::from(*p)).collect();
    discover(&places, options)
}

fn names(found: &[Found]) -> Vec<&str> {
    found.iter().map(|f| f.info.name.as_str()).collect()
}

fn texts(discovery: &Discovery) -> String {
    let lines = discovery.problems.iter().map(|p| {
        let name = p.source.as_deref().map_or("", shown::name);
        format!(
            "{name}: {}{}\n",
            p.text.en,
            if p.lossy { " [lost]" } else { "" }
        )
    });
    lines.collect()
}

#[test]
fn a_folder_gives_its_texts_in_order_whatever_the_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(folder.path(), "a/SwyxIt!-20200810-111559-1.log", b"x\n");
    let b = write(folder.path(), "b/ComSocket-20200810.log", b"yy\n");
    let options = DiscoverOptions {
        programs: vec![ProgramNames {
            id: "swyxit".into(),
            files: vec!["SwyxIt!".into()],
        }],
        ..DiscoverOptions::default()
    };
    let one = find(&[&b, &a], &options);
    let two = find(&[&a, &b], &options);
    let three = find(&[folder.path()], &options);
    assert_eq!(
        names(&one.sources),
        ["SwyxIt!-20200810-111559-1.log", "ComSocket-20200810.log"]
    );
    assert_eq!(one.sources[0].info.program.as_deref(), Some("swyxit"));
    assert_eq!(one.sources[0].info.bytes, Some(2));
    assert!(one.sources[0].info.modified.is_some());
    for other in [&two, &three] {
        let infos = |d: &Discovery| d.sources.iter().map(|f| f.info.clone()).collect::<Vec<_>>();
        assert_eq!(infos(&one), infos(other));
    }
}

#[test]
fn missing_empty_binary_and_ignored_files_are_all_said() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.log", b"x\n");
    write(folder.path(), "empty.log", b"");
    write(folder.path(), "README.md", b"# x\n");
    write(
        folder.path(),
        "old/report.json",
        b"{\"schema\":\"swyxtrace-report\"}",
    );
    write(folder.path(), "crash.log", b"MDMP\x93\xa7\0\0\0\0");
    let given = write(folder.path(), "zz.bin", b"\x7fELF\x02\0\0\0");
    let gone = folder.path().join("gone.log");
    let options = DiscoverOptions {
        ignore: vec!["readme*".into()],
        ..DiscoverOptions::default()
    };
    let found = find(&[folder.path(), &gone], &options);
    assert_eq!(names(&found.sources), ["a.log", "empty.log"]);
    assert_eq!(found.sources[1].kind, Kind::Empty);
    assert_eq!(names(&found.binaries), ["crash.log", "zz.bin"]);
    assert_eq!(found.missing, [gone]);
    assert_eq!(found.ignored.len(), 2);
    assert_eq!(
        texts(&found),
        "crash.log: a memory dump; not read\nempty.log: empty file\nzz.bin: a Windows program; not read\n"
    );
    let alone = find(&[&given], &options);
    assert_eq!(
        texts(&alone),
        "zz.bin: a Windows program; not read [lost]\n"
    );
}

#[test]
fn the_same_file_and_copies_are_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(folder.path(), "a.log", b"one\n");
    fs::hard_link(&a, folder.path().join("b.log")).unwrap();
    write(folder.path(), "sub/a.log", b"one\n");
    write(folder.path(), "tub/a.log", b"two\n");
    let found = find(&[folder.path(), &a], &DiscoverOptions::default());
    assert_eq!(names(&found.sources), ["a.log", "a.log"]);
    let first = &found.sources[0].info.path;
    assert_eq!(
        texts(&found),
        format!(
            ": 1 files were reached by more than one argument; each was read once\n\
             b.log: the same file as {first}; read once\n\
             a.log: a copy of {first}; read once\n"
        )
    );
}

#[test]
fn of_copies_the_one_is_read_whose_name_says_most() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "1.log",
        "Alt/x.txt",
        "ComSocket.log",
        "ComSocket-20200810-111556.log",
    ] {
        write(folder.path(), name, b"one\n");
    }
    // What begins alike and is as long is no copy yet.
    let long = |end: u8| [vec![b'a'; 100_000], vec![end]].concat();
    write(folder.path(), "long1.log", &long(b'1'));
    write(folder.path(), "long2.log", &long(b'2'));
    let options = DiscoverOptions {
        programs: vec![ProgramNames {
            id: "comsocket".to_owned(),
            files: vec!["ComSocket".to_owned()],
        }],
        ..DiscoverOptions::default()
    };
    let found = find(&[folder.path()], &options);
    let read = ["ComSocket-20200810-111556.log", "long1.log", "long2.log"];
    assert_eq!(names(&found.sources), read);
    let told = texts(&found);
    assert_eq!(
        told.matches("ComSocket-20200810-111556.log; read once")
            .count(),
        3,
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_loops_end() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "far.log", b"far\n");
    write(folder.path(), "a/near.log", b"near\n");
    symlink("..", folder.path().join("a/loop")).unwrap();
    symlink(outside.path(), folder.path().join("link")).unwrap();
    symlink(outside.path(), folder.path().join("twice")).unwrap();
    symlink("nowhere", folder.path().join("broken")).unwrap();
    symlink("a/near.log", folder.path().join("near-link.log")).unwrap();
    let found = find(&[folder.path()], &DiscoverOptions::default());
    assert_eq!(names(&found.sources), ["near.log", "far.log"]);
    assert_eq!(texts(&found).lines().count(), 4, "{}", texts(&found));
}

#[test]
fn a_shared_folder_gives_only_known_programs() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "3/SwyxIt!-20200810-111559.log", b"x\n");
    write(folder.path(), "other.log", b"x\n");
    write(folder.path(), "setup.exe", b"MZ\0\0\0\0\0\0\0\0\0\0\0");
    write(folder.path(), "a/b/c/d/SwyxIt!-20200811-111559.log", b"x\n");
    let options = DiscoverOptions {
        programs: vec![ProgramNames {
            id: "swyxit".into(),
            files: vec!["SwyxIt!".into()],
        }],
        ..DiscoverOptions::default()
    };
    let place = Place {
        path: folder.path().to_owned(),
        only_programs: true,
    };
    let found = discover(&[place], &options);
    assert_eq!(names(&found.sources), ["SwyxIt!-20200810-111559.log"]);
    assert_eq!(texts(&found), "");
}

#[test]
fn a_path_below_a_file_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let below = write(folder.path(), "a.log", b"x\n").join("b.log");
    assert_eq!(
        find(&[&below], &DiscoverOptions::default()).missing,
        [below]
    );
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.log", b"x\n");
    let file = write(folder.path(), "b.log", b"x\n");
    let closed = write(folder.path(), "closed/c.log", b"x\n");
    let closed = closed.parent().unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(closed, fs::Permissions::from_mode(0o000)).unwrap();
    let everybody_may = fs::read(&file).is_ok();
    let found = find(&[folder.path()], &DiscoverOptions::default());
    fs::set_permissions(closed, fs::Permissions::from_mode(0o700)).unwrap();
    if everybody_may {
        // The superuser reads everything: nothing to see here.
        return;
    }
    assert_eq!(names(&found.sources), ["a.log"]);
    let said = texts(&found);
    assert_eq!(said.matches("access denied").count(), 2, "{said}");
    assert!(said.contains("[lost]"));
}

#[cfg(unix)]
#[test]
fn five_thousand_files_are_found_and_opened_under_a_low_limit_on_open_files() {
    let me = std::env::current_exe().unwrap();
    let name = "discover::tests::five_thousand_files";
    let status = std::process::Command::new("sh")
        .args([
            "-c",
            "ulimit -n 64 && exec \"$0\" --exact \"$1\" --ignored -q",
        ])
        .arg(me)
        .arg(name)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
#[ignore = "run by the test above, under a limit"]
fn five_thousand_files() {
    let folder = tempfile::tempdir().unwrap();
    let long = "Gerät ß !".repeat(12);
    for i in 0..5_000 {
        let name = format!("{:02}/{long}/SwyxIt!-2020-08-10 {i}.log", i % 50);
        write(folder.path(), &name, format!("{i}\n").as_bytes());
    }
    let found = find(&[folder.path()], &DiscoverOptions::default());
    assert_eq!((found.sources.len(), texts(&found)), (5_000, String::new()));
    for batch in found.batches() {
        for (_, opened) in open_batch(&found.sources, &batch) {
            assert!(matches!(opened, Ok(Opened::File { len: 2..=5, .. })));
        }
    }
}
