//! Packages are the same wherever they are made, hold what they should, and are never known by a wrong digest.

use std::fs::{self, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

/// A project with a code folder of these files.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join("code").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn packed(project: &tempfile::TempDir) -> Result<CodePackage, Vec<CodeError>> {
    let root = project.path();
    CodePackage::of(&root.join("code"), &root.join(".sdev/code"), Jar::Package)
}

fn names(package: &CodePackage) -> Vec<&str> {
    package.entries.keys().map(String::as_str).collect()
}

#[test]
fn equal_trees_give_equal_bytes_whatever_the_times_and_the_umask() {
    let files = [("b/c.py", "two"), ("a.py", "one"), ("run.sh", "three")];
    let (first, second) = (project(&files), project(&[files[2], files[1], files[0]]));
    let mode = |project: &tempfile::TempDir, name: &str, mode| {
        let path = project.path().join("code").join(name);
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    };
    mode(&first, "run.sh", 0o755);
    mode(&second, "run.sh", 0o700);
    mode(&second, "a.py", 0o600);
    let long_ago =
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let file = File::options()
        .write(true)
        .open(second.path().join("code/a.py"))
        .unwrap();
    file.set_modified(long_ago).unwrap();
    let (one, two) = (packed(&first).unwrap(), packed(&second).unwrap());
    assert_eq!(fs::read(&one.file).unwrap(), fs::read(&two.file).unwrap());
    assert_eq!((one.sha256, one.crc64), (two.sha256, two.crc64));
}

#[test]
fn one_byte_or_one_permission_changes_the_digest() {
    let project = project(&[("a.py", "one")]);
    let path = project.path().join("code/a.py");
    let first = packed(&project).unwrap();
    // Same size, same time: only reading can tell.
    let time = path.metadata().unwrap().modified().unwrap();
    fs::write(&path, "onf").unwrap();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(time)
        .unwrap();
    let second = packed(&project).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let third = packed(&project).unwrap();
    assert_ne!(first.crc64, second.crc64);
    assert_ne!(second.crc64, third.crc64);
}

#[test]
fn a_zip_holds_contents_permissions_links_and_empty_folders() {
    let project = project(&[
        ("bin/run", "#!/bin/sh"),
        ("bootstrap", "x"),
        ("text", "hello"),
    ]);
    let code = project.path().join("code");
    fs::set_permissions(code.join("bin/run"), Permissions::from_mode(0o700)).unwrap();
    symlink("../text", code.join("bin/link")).unwrap();
    fs::create_dir(code.join("empty")).unwrap();
    let package = packed(&project).unwrap();
    let mut zip = zip::ZipArchive::new(package.open().unwrap()).unwrap();
    let mut found = Vec::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        found.push(format!(
            "{} {:o} {text}",
            file.name().unwrap(),
            file.unix_mode().unwrap()
        ));
    }
    let wanted = [
        "bin/link 120644 ../text",
        "bin/run 100755 #!/bin/sh",
        "bootstrap 100755 x",
        "empty/ 40755 ",
        "text 100644 hello",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn rules_leave_files_out_and_take_them_back() {
    let project = project(&[
        (".fcignore", "*.log\n/dist\n!keep.log\nnode_modules/\n"),
        (".gitignore", "*.py\n"),
        ("a.py", ""),
        ("a.log", ""),
        ("keep.log", ""),
        ("dist/x", ""),
        ("sub/dist/x", ""),
        ("sub/.fcignore", "*.txt\n"),
        ("sub/b.txt", ""),
        ("b.txt", ""),
        ("node_modules/m/index.js", ""),
        (".env", "A=1"),
        (".git/config", ""),
        (".s/log", ""),
        (".sdev/state", ""),
    ]);
    let wanted = [
        ".env",
        ".fcignore",
        ".gitignore",
        "a.py",
        "b.txt",
        "keep.log",
        "sub/.fcignore",
        "sub/dist/x",
    ];
    assert_eq!(names(&packed(&project).unwrap()), wanted);
}

#[test]
fn rules_above_the_code_do_not_count() {
    let project = project(&[("a.py", "")]);
    fs::write(project.path().join(".fcignore"), "*.py\n").unwrap();
    assert_eq!(names(&packed(&project).unwrap()), ["a.py"]);
}

#[test]
fn links_that_lead_out_are_all_named() {
    let project = project(&[("a/b.py", "")]);
    let code = project.path().join("code");
    symlink("../../x", code.join("a/up")).unwrap();
    symlink("b.py", code.join("a/fine")).unwrap();
    symlink("nothing", code.join("dangling")).unwrap();
    // Inside by its words, outside on this disk.
    symlink("a", code.join("z")).unwrap();
    symlink("z/../../code/../x", code.join("tricky")).unwrap();
    // Through a link that leads away.
    symlink("/etc", code.join("etc")).unwrap();
    symlink("etc/hostname", code.join("through")).unwrap();
    let errors = packed(&project).unwrap_err();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(
        errors
            .iter()
            .all(|e| matches!(e, CodeError::LeadsOut { .. })),
        "{errors:?}"
    );
}

#[test]
fn links_to_absolute_places_are_packed_and_remarked_on() {
    let project = project(&[("index.py", ""), (".venv/pyvenv.cfg", "home = /usr/bin")]);
    let code = project.path().join("code");
    let bin = code.join(".venv/bin");
    fs::create_dir(&bin).unwrap();
    symlink("/usr/bin/python3", bin.join("python3")).unwrap();
    symlink("python3", bin.join("python")).unwrap();
    symlink("/absent", code.join("z")).unwrap();
    let package = packed(&project).unwrap();
    let away: Vec<_> = package.away().collect();
    assert_eq!(
        away,
        [(".venv/bin/python3", "/usr/bin/python3"), ("z", "/absent")]
    );
    let remark = package.remark(&code).unwrap();
    for words in [
        "leads to /usr/bin/python3",
        "1 more",
        "a virtual environment",
    ] {
        let said = format!("{} {:?}", remark.detail, remark.hints);
        assert!(said.contains(words), "{words}: {said}");
    }
    // Who unpacks takes what was packed.
    let zip = unzip::Archive::judge(package.open().unwrap()).unwrap();
    assert_eq!(zip.members().len(), 5);

    fs::write(code.join(".fcignore"), "/.venv/\n/z\n").unwrap();
    let package = packed(&project).unwrap();
    assert!(package.remark(&code).is_none());
}

#[test]
fn a_zip_is_made_once_and_a_damaged_one_is_made_again() {
    let project = project(&[("a.py", "one")]);
    let first = packed(&project).unwrap();
    let made = first.file.metadata().unwrap().modified().unwrap();
    assert_eq!(packed(&project).unwrap(), first);
    assert_eq!(first.file.metadata().unwrap().modified().unwrap(), made);
    fs::write(&first.file, "damaged").unwrap();
    assert_eq!(packed(&project).unwrap(), first);
}

#[test]
fn a_file_that_changes_while_it_is_packed_is_an_error() {
    let project = project(&[("a.py", "one")]);
    let code = project.path().join("code");
    let entries = tree::entries(&code).unwrap();
    fs::write(code.join("a.py"), "two").unwrap();
    let mut zip = tempfile::tempfile().unwrap();
    let error = archive::write(&mut zip, &entries, &|key| code.join(key)).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("it changed while it was packed"),
        "{error}"
    );
}

#[test]
fn archives_are_sent_as_they_are_and_a_jar_by_its_runtime() {
    let project = project(&[("a.py", "one")]);
    let package = packed(&project).unwrap();
    let jar = project.path().join("app.jar");
    fs::copy(&package.file, &jar).unwrap();
    let store = project.path().join("store");
    let sent = CodePackage::of(&jar, &store, Jar::Package).unwrap();
    assert_eq!(
        (&sent.crc64, &sent.entries),
        (&package.crc64, &package.entries)
    );
    assert_eq!(sent.file, jar);
    let inside = CodePackage::of(&jar, &store, Jar::File).unwrap();
    assert_eq!(names(&inside), ["app.jar"]);
    assert_ne!(inside.crc64, sent.crc64);
}

#[test]
fn what_is_no_code_is_refused() {
    let project = project(&[
        ("empty/x.log", ""),
        ("empty/.fcignore", "*\n"),
        ("no.zip", "text"),
    ]);
    let code = project.path().join("code");
    let of = |name: &str| {
        CodePackage::of(
            &code.join(name),
            &project.path().join("store"),
            Jar::Package,
        )
    };
    assert!(matches!(
        of("missing").unwrap_err()[..],
        [CodeError::Missing(_)]
    ));
    assert!(matches!(
        of("no.zip").unwrap_err()[..],
        [CodeError::NoArchive { .. }]
    ));
    assert!(matches!(
        of("empty").unwrap_err()[..],
        [CodeError::Empty(_)]
    ));
}

#[test]
fn a_package_larger_than_the_limit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    fs::write(&file, "x").unwrap();
    assert!(within(&file, MOST).is_ok());
    let error = within(&file, MOST + 1).unwrap_err();
    assert!(matches!(
        error[..],
        [CodeError::TooLarge {
            size: 524_288_001,
            ..
        }]
    ));
}

#[test]
fn a_zip_that_leads_out_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.zip");
    let mut zip = zip::ZipWriter::new(File::create(&file).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("../evil", options).unwrap();
    zip.finish().unwrap();
    let errors = CodePackage::of(&file, folder.path(), Jar::Package).unwrap_err();
    assert!(
        matches!(errors[..], [CodeError::Unsafe { .. }]),
        "{errors:?}"
    );
}

#[test]
fn more_than_comes_out_of_a_package_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let of = |size| BTreeMap::from([("x".to_owned(), Entry::of(Form::File, size, String::new()))]);
    assert!(unpacked_within(folder.path(), &of(unzip::MOST_BYTES)).is_ok());
    let errors = unpacked_within(folder.path(), &of(unzip::MOST_BYTES + 1)).unwrap_err();
    assert!(
        matches!(errors[..], [CodeError::TooMuch { .. }]),
        "{errors:?}"
    );
}
