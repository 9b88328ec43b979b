//! Programs of custom runtimes: the vendor's own installations, and what is told of a program that is nowhere.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use runtime::{Custom, Fault, Language, Layer, Spec};

use crate::bench::{Bench, spec};
use crate::cage::is_caged;

/// A server in Python that says which program runs it, by its own path.
const SERVER: &str = "\
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(('\"%s\"' % sys.executable).encode())

http.server.HTTPServer(('127.0.0.1', int(os.environ['FC_SERVER_PORT'])), Handler).serve_forever()
";
const NODE: &str = "require('http').createServer((asked, answer) => answer.end(JSON.stringify(process.argv0)))\
    .listen(process.env.FC_SERVER_PORT)";

/// A function with these files, each of them executable.
fn function(bench: &Bench, command: &[&str], files: &[(&str, &str)]) -> Spec {
    let revision = format!("{command:?} {files:?}");
    let name = revision.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    let code = bench.folder.path().join(format!("code-{name}"));
    std::fs::create_dir_all(code.join("bin")).unwrap();
    for (name, text) in files {
        std::fs::write(code.join(name), text).unwrap();
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(code.join(name), all).unwrap();
    }
    Spec {
        revision,
        code,
        custom: Some(Custom {
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            ..Custom::default()
        }),
        ..spec(Language::Custom, "api", "")
    }
}

#[tokio::test]
async fn the_vendors_installations_are_this_machines() {
    let bench = Bench::new();
    let place = "/var/fc/lang";
    let python = format!("{place}/python3.10/bin/python3.10");
    let node = format!("{place}/nodejs20/bin/node");
    let own = format!("#!/bin/sh\nexec {python} /code/server.py\n");
    let files = &[("server.py", SERVER), ("bootstrap", &own)];
    let by_command = function(&bench, &[&python, "server.py"], files);
    let by_bootstrap = function(&bench, &[], files);
    let mut by_path = function(&bench, &["python3.10", "server.py"], files);
    let path = format!("/code/bin:{place}/python3.10/bin:/usr/bin:/bin");
    by_path.environment.insert("PATH".to_owned(), path);
    // Without a cage nothing is at that place for texts that name it.
    let by_bootstrap = is_caged(&bench).await.then_some(by_bootstrap);
    for spec in [by_command, by_path].into_iter().chain(by_bootstrap) {
        let spec = Arc::new(spec);
        bench.fleet.check_program(&spec).await.unwrap();
        let said = bench.said(&spec, "").await;
        assert!(
            said.as_str()
                .unwrap()
                .ends_with("lang/python3.10/bin/python3.10"),
            "{said}"
        );
    }
    let spec = Arc::new(function(&bench, &[&node, "-e", NODE], &[]));
    bench.fleet.check_program(&spec).await.unwrap();
    let said = bench.said(&spec, "").await;
    assert!(
        said.as_str().unwrap().ends_with("lang/nodejs20/bin/node"),
        "{said}"
    );
}

#[tokio::test]
async fn a_program_that_is_nowhere_is_told_with_its_package() {
    let bench = Bench::new();
    let why = async |spec: Spec| {
        let checked = bench.fleet.check_program(&Arc::new(spec)).await;
        checked.err().map(|fault| {
            assert!(matches!(fault, Fault::Unable(_)), "{fault:?}");
            fault.to_string()
        })
    };
    let mut elsewhere = function(&bench, &["node", "x.js"], &[]);
    elsewhere
        .environment
        .insert("PATH".to_owned(), "/code/bin".to_owned());
    let told = why(elsewhere.clone()).await.unwrap();
    assert!(told.contains("apt install nodejs"), "{told}");
    for (command, text, name) in [
        (&["no-such-program"][..], "", "no-such-program"),
        (
            &["/usr/bin/no-such-program"],
            "",
            "/usr/bin/no-such-program",
        ),
        (
            &[],
            "#!/usr/bin/env -S no-such-program --x\n",
            "no-such-program",
        ),
        (
            &["./bootstrap"],
            "#!/usr/bin/no-such-program\n",
            "/usr/bin/no-such-program",
        ),
    ] {
        let told = why(function(&bench, command, &[("bootstrap", text)])).await;
        let told = told.unwrap_or_else(|| panic!("{command:?} {text}"));
        let expected = format!("{name} is neither in the code nor on this machine");
        assert!(told.starts_with(&expected), "{told}");
    }
    // What is there, or may be.
    let bin = &[("bin/node", "#!/bin/sh\n")];
    let mut own = function(&bench, &["node"], bin);
    own.environment = elsewhere.environment.clone();
    assert_eq!(why(own).await, None);
    let mut shared = elsewhere.clone();
    bench.share(&mut shared, "SHARED");
    shared
        .environment
        .insert("PATH".to_owned(), "/mnt/shared".to_owned());
    assert_eq!(why(shared).await, None);
    let mut layered = elsewhere;
    layered.layers = vec![Layer::Unpacked(bench.folder.path().to_owned())];
    assert_eq!(why(layered).await, None);
    for (command, text) in [
        (&["python3", "server.py"][..], ""),
        (&["/code/absent"], ""),
        (&["./bootstrap"], "\u{7f}ELF"),
        (&[], "#!/usr/bin/env python3\n"),
        (&["sh", "-c", "no-such-program"], ""),
    ] {
        let told = why(function(&bench, command, &[("bootstrap", text)])).await;
        assert_eq!(told, None, "{command:?}");
    }
}
