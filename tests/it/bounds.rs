//! Manifests made to hurt: each is handled or refused with a diagnostic, within bounds of memory and time.
//!
//! The bounds are the kernel's: the binary runs with a limit on its address space and on its processor time, so a
//! manifest that takes more ends it by a signal or an abort, never with exit code 0 or 1.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::support::{Ran, Sandbox};

/// Address space, in KiB. What the binary needs for nothing is a part of it.
const MEMORY: u32 = 600 * 1024;

/// Processor time of a debug build, in seconds.
const SECONDS: u32 = 60;

const MIB: usize = 1024 * 1024;

/// Runs `sdev ARGS` under the limits.
fn bounded(sandbox: &Sandbox, memory: u32, args: &[&str]) -> Ran {
    let inner = sandbox.command(args);
    let script = format!("ulimit -v {memory} && ulimit -t {SECONDS} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(inner.get_program());
    command.args(inner.get_args()).current_dir(sandbox.work());
    command.env_clear();
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap());
    }
    sandbox.run_command(command)
}

fn validate(manifest: impl AsRef<[u8]>) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.file("s.yaml", manifest);
    bounded(&sandbox, MEMORY, &["validate"])
}

#[track_caller]
fn refused(manifest: impl AsRef<[u8]>, code: &str) {
    validate(manifest).code(1).says(code);
}

fn manifest(rest: &str) -> String {
    format!("edition: 3.0.0\nname: app\n{rest}\nresources: {{}}\n")
}

#[test]
fn the_limits_do_limit() {
    let sandbox = Sandbox::new();
    sandbox.file("s.yaml", manifest(""));
    let ran = bounded(&sandbox, 8 * 1024, &["validate"]);
    assert!(
        ran.code != 0 && ran.code != 1,
        "{} {}",
        ran.code,
        ran.stderr
    );
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut bomb = "x0: &x0 [lol, lol]\n".to_owned();
    let mut maps = "y0: &y0 {a: lol, b: lol}\n".to_owned();
    for level in 1..40 {
        let (before, refs) = (level - 1, format!("*x{0}, *x{0}", level - 1));
        writeln!(bomb, "x{level}: &x{level} [{refs}]").unwrap();
        writeln!(maps, "y{level}: &y{level} {{a: *y{before}, b: *y{before}}}").unwrap();
    }
    refused(manifest(&bomb), "SD0116");
    refused(manifest(&maps), "SD0116");
}

#[test]
fn merge_keys_that_multiply_are_refused() {
    let keys: Vec<String> = (0..1000).map(|key| format!("k{key}: 1")).collect();
    let mut bomb = format!("x: &x {{{}}}\nlist:\n", keys.join(", "));
    for _ in 0..20_000 {
        bomb += "  - {<<: *x}\n";
    }
    refused(manifest(&bomb), "SD0116");
    let many = format!(
        "x: &x {{a: 1, b: 1, c: 1, d: 1}}\ny: {{<<: [{}]}}",
        vec!["*x"; 300_000].join(", ")
    );
    refused(manifest(&many), "SD0116");
}

#[test]
fn expressions_that_multiply_are_refused() {
    let doubled = |form: &dyn Fn(usize) -> String| {
        let level = |level: usize| format!("  x{level}: {}\n", form(level - 1));
        let levels = (1..60).map(level).collect::<Vec<_>>().concat();
        manifest(&format!("vars:\n  x0: lollollol\n{levels}"))
    };
    refused(
        doubled(&|before| format!("'${{vars.x{before}}}${{vars.x{before}}}'")),
        "SD0116",
    );
    refused(
        doubled(&|before| format!("['${{vars.x{before}}}', '${{vars.x{before}}}']")),
        "SD0116",
    );
    refused(
        doubled(&|before| format!("{{a: '${{vars.x{before}}}', b: '${{vars.x{before}}}'}}")),
        "SD0116",
    );
    // Each level is small enough, all of them are not.
    let mut wide = "vars:\n  t: &t x\n".to_owned();
    writeln!(wide, "  big: '{}'", "x".repeat(MIB)).unwrap();
    for number in 0..5000 {
        writeln!(wide, "  w{number}: '${{vars.big}}!'").unwrap();
    }
    refused(manifest(&wide), "SD0116");
}

#[test]
fn a_manifest_may_have_ten_mebibytes_and_no_byte_more() {
    let mut text = manifest("");
    text += "#";
    text += &"x".repeat(10 * MIB - text.len() - 1);
    text += "\n";
    assert_eq!(text.len(), 10 * MIB);
    validate(&text).code(0);
    text += "#";
    refused(&text, "SD0116");
}

#[test]
fn ten_mebibytes_of_anything_end_with_a_diagnostic() {
    let fill = |unit: &str| unit.repeat((10 * MIB - 100) / unit.len());
    for unit in ["[", "{a: ", "- ", "&a ", "\"", "a: 'b\n", "a: &a b\n"] {
        let ran = validate(fill(unit));
        assert_eq!(ran.code, 1, "{unit:?}: {}", head(&ran.stderr));
        assert!(
            ran.stderr.contains("SD01"),
            "{unit:?}: {}",
            head(&ran.stderr)
        );
    }
    refused(manifest(&format!("x: '{}'", fill("${"))), "SD0116");
}

fn head(text: &str) -> String {
    text.chars().take(400).collect()
}

#[test]
fn spaces_are_not_multiplied_to_understand_a_text() {
    // A text over many lines that start too far to the left, in a file with one line far to the right.
    let lines = "x\n".repeat(100_000);
    let text = format!("a:\n  b: '{lines}'\n{}c: 1\n", " ".repeat(5 * MIB));
    refused(text, "SD0103");
    let text = format!("a:\n  b: [\n{}]\n", "'x',\n".repeat(100_000));
    let ran = validate(text);
    assert_eq!(ran.code, 1, "{}", head(&ran.stderr));
}

#[test]
fn a_hundred_levels_are_enough() {
    let flow = |depth: usize| manifest(&format!("x: {}{}", "[".repeat(depth), "]".repeat(depth)));
    let maps = |depth: usize| {
        manifest(&format!(
            "x: {}1{}",
            "{a: ".repeat(depth),
            "}".repeat(depth)
        ))
    };
    let block = |depth: usize| {
        let keys = (0..depth).fold(String::new(), |mut text, level| {
            writeln!(text, "{}a:", " ".repeat(level)).unwrap();
            text
        });
        manifest(&format!("{keys}{}1", " ".repeat(depth)))
    };
    let dashes = |depth: usize| manifest(&format!("x:\n  {}1", "- ".repeat(depth)));
    for (name, nested) in [
        ("flow", &flow as &dyn Fn(usize) -> String),
        ("maps", &maps),
        ("block", &block),
        ("dashes", &dashes),
    ] {
        let ran = validate(nested(98));
        assert_eq!(ran.code, 0, "{name}: {}", head(&ran.stderr));
        for depth in [101, 1_000, 10_000] {
            // Blocks of so many levels exceed the size of a file.
            if name == "block" && depth > 1_000 {
                continue;
            }
            let ran = validate(nested(depth));
            assert_eq!(ran.code, 1, "{name} {depth}: {}", head(&ran.stderr));
            assert!(
                ran.stderr.contains("SD0116"),
                "{name} {depth}: {}",
                head(&ran.stderr)
            );
        }
    }
}

#[test]
fn expressions_do_not_nest_past_the_stack() {
    let calls = format!("${{{}'a'{}}}", "str(".repeat(100_000), ")".repeat(100_000));
    let ran = validate(manifest(&format!("x: \"{calls}\"")));
    assert_eq!(ran.code, 1, "{}", head(&ran.stderr));
    assert!(ran.stderr.contains("SD01"), "{}", head(&ran.stderr));
    let json = format!("x: |-\n  ${{json('{}')}}", "[".repeat(100_000));
    let ran = validate(manifest(&json));
    assert_eq!(ran.code, 1, "{}", head(&ran.stderr));
    let yaml = format!("x: |-\n  ${{yaml('{}')}}", "[".repeat(100_000));
    let ran = validate(manifest(&yaml));
    assert_eq!(ran.code, 1, "{}", head(&ran.stderr));
    // A chain of references as long as the file allows is no nesting.
    let mut chain = "vars:\n  x0: end\n".to_owned();
    for number in 1..20_000 {
        writeln!(chain, "  x{number}: '${{vars.x{}}}'", number - 1).unwrap();
    }
    let ran = validate(manifest(&chain));
    assert_eq!(ran.code, 0, "{}", head(&ran.stderr));
}

#[test]
fn other_encodings_are_refused() {
    refused(b"edition: 3.0.0\nname: caf\xe9\n", "SD0102");
    refused(b"\xff\xfea\0:\0 \x001\0", "SD0102");
    refused(b"\xfe\xff\0a\0:\0 \x001", "SD0102");
    refused("edition: 3.0.0\nname: a\0b\n", "SD0103");
    // UTF-16 without a mark is valid UTF-8, full of NUL.
    refused(b"a\0:\0 \x001\0", "SD0103");
}

#[test]
fn what_is_no_file_is_refused() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.work().join("folder.yaml")).unwrap();
    let made = Command::new("mkfifo")
        .arg(sandbox.work().join("pipe.yaml"))
        .status()
        .unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink("/dev/zero", sandbox.work().join("zero.yaml")).unwrap();
    std::os::unix::fs::symlink("/dev/tty", sandbox.work().join("tty.yaml")).unwrap();
    std::os::unix::fs::symlink("loop.yaml", sandbox.work().join("loop.yaml")).unwrap();
    for name in ["folder", "pipe", "zero", "tty", "loop"] {
        bounded(
            &sandbox,
            MEMORY,
            &["validate", "-t", &format!("{name}.yaml")],
        )
        .code(1)
        .says("SD0102")
        .says(name);
    }
    for name in ["folder", "pipe", "zero"] {
        sandbox.file(
            "s.yaml",
            manifest(&format!("x: \"${{file('{name}.yaml')}}\"")),
        );
        bounded(&sandbox, MEMORY, &["validate"])
            .code(1)
            .says("SD0121")
            .says(name);
        sandbox.file("s.yaml", format!("extend: {name}.yaml\n{}", manifest("")));
        bounded(&sandbox, MEMORY, &["validate"]).code(1).says(name);
    }
}

#[test]
fn a_file_that_grows_while_it_is_read_is_read_no_further_than_the_limit() {
    let sandbox = Sandbox::new();
    sandbox.file("s.yaml", manifest("") + &"# more\n".repeat(MIB));
    let path = sandbox.work().join("s.yaml");
    let done = std::sync::atomic::AtomicBool::new(false);
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| grow(&path, &done));
        let ran = bounded(&sandbox, MEMORY, &["validate"]);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        ran
    });
    let fits = ran.code == 0;
    let refused = ran.code == 1 && ran.stderr.contains("SD0116");
    assert!(fits || refused, "{} {}", ran.code, head(&ran.stderr));
}

fn grow(path: &Path, done: &std::sync::atomic::AtomicBool) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    for _ in 0..16 * 1024 {
        if done.load(std::sync::atomic::Ordering::Relaxed) {
            return;
        }
        file.write_all(&[b'#', b'\n'].repeat(2048)).unwrap();
    }
}

/// A zip of ten megabytes whose 20,000 entries are one content: 20,000 times nine megabytes.
fn overlapping() -> Vec<u8> {
    let options = zip::write::SimpleFileOptions::default();
    let stored = options.compression_method(zip::CompressionMethod::Stored);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("00000", stored).unwrap();
    zip.write_all(&vec![0; 9 * MIB]).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let line = zip
        .windows(4)
        .rposition(|four| four == b"PK\x01\x02")
        .unwrap();
    let end = zip
        .windows(4)
        .rposition(|four| four == b"PK\x05\x06")
        .unwrap();
    let mut bytes = zip[..line].to_vec();
    for number in 0..20_000_u32 {
        let mut copy = zip[line..end].to_vec();
        // It says to be small.
        copy[24..28].copy_from_slice(&1_u32.to_le_bytes());
        copy[46..51].copy_from_slice(format!("{number:05}").as_bytes());
        bytes.extend_from_slice(&copy);
    }
    let length = u32::try_from(bytes.len() - line).unwrap();
    let mut tail = zip[end..].to_vec();
    tail[8..10].copy_from_slice(&20_000_u16.to_le_bytes());
    tail[10..12].copy_from_slice(&20_000_u16.to_le_bytes());
    tail[12..16].copy_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&tail);
    bytes
}

#[test]
fn a_zip_bomb_is_refused_where_the_manifest_names_it() {
    let sandbox = Sandbox::new();
    sandbox.file("code.zip", overlapping());
    let props = "runtime: python3.10, handler: index.handler, functionName: f, code: ./code.zip";
    let manifest = format!(
        "edition: 3.0.0\nname: app\nresources:\n  api:\n    component: fc3\n    props: {{region: cn-hangzhou, {props}}}\n"
    );
    sandbox.file("s.yaml", manifest);
    for command in ["validate", "plan"] {
        let ran = bounded(&sandbox, MEMORY, &[command]);
        ran.code(1)
            .says("SD0218")
            .says("overlaps")
            .says("s.yaml:6:");
    }
}
