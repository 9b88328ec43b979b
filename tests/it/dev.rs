//! `sdev dev`: what starts a deploy, what does not, and what is built for it.

use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Sandbox, fetch};

const HEAD: &str = "edition: 3.0.0\nname: shop\naccess: local\nresources:\n";

/// A function of a manifest in `HEAD`, with more properties.
fn function(name: &str, runtime: &str, code: &str, more: &str) -> String {
    format!(
        "  {name}:\n    component: function\n    props: {{ name: {name}, runtime: {runtime}, handler: index.handler, code: {code}, url: true{more} }}\n"
    )
}

fn python(word: &str) -> String {
    format!(
        "import os\ndef handler(event, context):\n    print('said {word}')\n    return '{word}' + os.environ.get('NOTE', '')\n"
    )
}

/// `sdev dev` in a sandbox; what it writes is kept beside the project.
struct Dev {
    port: u16,
    child: Child,
    said: PathBuf,
}

impl Dev {
    fn start(sandbox: &Sandbox) -> Self {
        let said = sandbox.home().with_file_name("said");
        let file = File::create(&said).unwrap();
        let child = sandbox
            .command(&["dev"])
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let port = sandbox.port();
        Self { port, child, said }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap()
    }

    #[track_caller]
    fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let end = Instant::now() + Duration::from_mins(1);
        while !is_so() {
            assert!(
                Instant::now() < end,
                "{what} does not come:\n{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until a function answers so.
    #[track_caller]
    fn answers(&self, function: &str, word: &str) {
        let path = format!("/_fc/{function}/");
        self.until(word, || {
            fetch(self.port, "127.0.0.1", &path, &[]).text() == word
        });
    }

    #[track_caller]
    fn says(&self, words: &str) {
        self.until(words, || self.said().contains(words));
    }

    /// Ends it as Ctrl-C does.
    #[track_caller]
    fn end(mut self) {
        kill(
            Pid::from_raw(self.child.id().try_into().unwrap()),
            Signal::SIGINT,
        )
        .unwrap();
        let mut status = None;
        let child = &mut self.child;
        let end = Instant::now() + Duration::from_secs(20);
        while status.is_none() && Instant::now() < end {
            status = child.try_wait().unwrap();
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(status.is_some_and(|status| status.success()), "{status:?}");
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a file as editors do: it is never half there.
fn save(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let beside = path.with_extension("saved");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, path).unwrap();
}

#[test]
fn what_actions_write_starts_no_deploy_and_what_the_user_writes_does() {
    let sandbox = Sandbox::new().with_cloud();
    let actions = "    actions:\n      pre-deploy:\n        - run: echo ran >> ../ran; date +%N > code/stamp.txt; cp src/index.py code/index.py\n      success-deploy:\n        - run: date +%N > code/after.txt\n";
    let block = function("hello", "python3.10", "./code", "");
    let source = sandbox.work().join("src/index.py");
    sandbox
        .file("s.yaml", format!("{HEAD}{block}{actions}"))
        .file("src/index.py", python("one"))
        .file("code/index.py", python("one"));
    let runs = || {
        let ran = std::fs::read_to_string(sandbox.home().with_file_name("ran"));
        ran.unwrap_or_default().lines().count()
    };
    let dev = Dev::start(&sandbox);
    dev.answers("hello", "one");
    for word in ["two", "three", "four"] {
        save(&source, &python(word));
        dev.answers("hello", word);
    }
    // Nothing is to happen any more: there is nothing to wait for.
    std::thread::sleep(Duration::from_secs(2));
    // What was there before an action wrote it costs some more: it could have been the user.
    let runs = runs();
    assert!((4..=12).contains(&runs), "{runs} deploys:\n{}", dev.said());
    dev.end();
}

#[test]
fn what_resources_read_is_seen_wherever_it_is() {
    let sandbox = Sandbox::new().with_cloud();
    let at = |name: &str| sandbox.home().with_file_name(name);
    let note = ", env: { NOTE: \"${file('../note.txt')}\" }";
    let manifest = [
        HEAD.to_owned(),
        function("outer", "python3.10", "../shared", note),
        function("made", "python3.10", "./target/index.py", ""),
    ];
    save(&at("shared/index.py"), &python("one"));
    save(&at("note.txt"), "!");
    sandbox
        .file("s.yaml", manifest.concat())
        .file("target/index.py", python("one"));
    let dev = Dev::start(&sandbox);
    dev.answers("outer", "one!");
    dev.answers("made", "one");
    dev.says("watching");
    save(&at("shared/index.py"), &python("two"));
    dev.answers("outer", "two!");
    save(&sandbox.work().join("target/index.py"), &python("three"));
    dev.answers("made", "three");
    save(&at("note.txt"), "?");
    dev.answers("outer", "two?");
    dev.end();
}

/// A function of Node that answers with the version of its one package, and an `npm` that fails while a file is there.
fn packages() -> Sandbox {
    let sandbox = Sandbox::new().with_cloud();
    let npm = "#!/bin/sh\n[ -e ../../broken ] && { echo no such package >&2; exit 7; }\nmkdir -p node_modules/left\nversion=$(sed 's/.*\"left\": \"\\(.*\\)\".*/\\1/' package.json)\necho \"module.exports = '$version'\" > node_modules/left/index.js\necho '{}' > node_modules/.package-lock.json\n";
    let tool = sandbox.tools().join("npm");
    save(&tool, npm);
    std::fs::set_permissions(tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let block = function("nd", "nodejs20", "./code", "");
    sandbox.file("s.yaml", format!("{HEAD}{block}")).file(
        "code/index.js",
        "exports.handler = async () => require('left')",
    );
    needs(&sandbox, "1");
    sandbox
}

fn needs(sandbox: &Sandbox, version: &str) {
    let text = format!(r#"{{"dependencies": {{"left": "{version}"}}}}"#);
    save(&sandbox.work().join("code/package.json"), &text);
}

#[test]
fn packages_are_made_when_they_are_asked_for_and_a_failure_leaves_the_old_code() {
    let sandbox = packages();
    let dev = Dev::start(&sandbox);
    dev.answers("nd", "1");
    needs(&sandbox, "2");
    dev.answers("nd", "2");
    let broken = sandbox.home().with_file_name("broken");
    save(&broken, "");
    needs(&sandbox, "3");
    dev.says("SD0216");
    dev.says("`nd` stays as it is until its build works");
    dev.answers("nd", "2");
    std::fs::remove_file(&broken).unwrap();
    needs(&sandbox, "4");
    dev.answers("nd", "4");
    dev.end();
}

#[test]
fn what_another_process_builds_is_seen() {
    let sandbox = packages();
    let broken = sandbox.home().with_file_name("broken");
    save(&broken, "");
    let dev = Dev::start(&sandbox);
    dev.says("SD0216");
    dev.says("watching");
    std::fs::remove_file(&broken).unwrap();
    sandbox.run("build nd").code(0);
    dev.answers("nd", "1");
    dev.end();
}

#[test]
fn lines_are_shown_again_after_the_local_cloud_died() {
    let mut sandbox = Sandbox::new().with_cloud();
    let block = function("hello", "python3.10", "./code", "");
    sandbox
        .file("s.yaml", format!("{HEAD}{block}"))
        .file("code/index.py", python("one"));
    let dev = Dev::start(&sandbox);
    let port = sandbox.port();
    let called = |word: &str| {
        dev.answers("hello", word);
        dev.until(word, || {
            fetch(port, "127.0.0.1", "/_fc/hello/", &[]);
            dev.said().contains(&format!("hello | said {word}"))
        });
    };
    called("one");
    dev.says("watching");
    sandbox.kill_cloud();
    sandbox.start_cloud();
    save(&sandbox.work().join("code/index.py"), &python("two"));
    called("two");
    dev.end();
}
