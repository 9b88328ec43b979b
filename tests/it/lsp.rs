//! The language server through its protocol, as an editor speaks it.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a call with `json!` reads best without a reference"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::{Value as Json, json};

use crate::support::Sandbox;

struct Editor {
    child: Child,
    out: BufReader<ChildStdout>,
    number: u64,
    uri: String,
}

impl Editor {
    fn bare(sandbox: &Sandbox) -> Self {
        let mut child = sandbox
            .command(&["lsp"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let uri = format!("file://{}/s.yaml", sandbox.work().display());
        Self {
            child,
            out,
            number: 0,
            uri,
        }
    }

    fn new(sandbox: &Sandbox, capabilities: Json) -> Self {
        let mut editor = Self::bare(sandbox);
        let reply = editor.request("initialize", json!({ "capabilities": capabilities }));
        assert_eq!(reply["result"]["serverInfo"]["name"], "sdev");
        editor.notify("initialized", json!({}));
        editor
    }

    fn raw(&mut self, bytes: &[u8]) {
        let to = self.child.stdin.as_mut().unwrap();
        to.write_all(bytes).unwrap();
        to.flush().unwrap();
    }

    fn send(&mut self, message: &Json) {
        let content = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{content}", content.len()).as_bytes());
    }

    /// The next message. Anything on standard output that is none fails.
    fn next(&mut self) -> Json {
        let mut header = String::new();
        self.out.read_line(&mut header).unwrap();
        let size = header
            .trim()
            .strip_prefix("Content-Length: ")
            .unwrap_or_else(|| panic!("{header:?}"));
        let mut content = vec![0; size.parse().unwrap()];
        let mut blank = String::new();
        self.out.read_line(&mut blank).unwrap();
        assert_eq!(blank, "\r\n");
        self.out.read_exact(&mut content).unwrap();
        serde_json::from_slice(&content).unwrap()
    }

    fn notify(&mut self, method: &str, params: Json) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The reply to a request; what is told in between is passed over.
    fn request(&mut self, method: &str, params: Json) -> Json {
        self.number += 1;
        let id = self.number;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.next();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn open(&mut self, text: &str) -> Json {
        let document = json!({ "uri": self.uri, "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        self.told()
    }

    /// The diagnostics that are told next.
    fn told(&mut self) -> Json {
        loop {
            let message = self.next();
            if message["method"] == "textDocument/publishDiagnostics" {
                return message["params"].clone();
            }
        }
    }

    fn change(&mut self, version: u64, changes: Json) {
        let document = json!({ "uri": self.uri, "version": version });
        self.notify(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": changes }),
        );
    }

    fn ask(&mut self, what: &str, line: u64, character: u64) -> Json {
        let params = json!({
            "textDocument": { "uri": self.uri },
            "position": { "line": line, "character": character },
        });
        self.request(&format!("textDocument/{what}"), params)["result"].clone()
    }

    /// Leaves as the protocol wants; the exit code.
    fn leave(mut self, politely: bool) -> i32 {
        if politely {
            assert_eq!(self.request("shutdown", Json::Null)["result"], Json::Null);
        }
        self.notify("exit", Json::Null);
        let code = self.child.wait().unwrap().code().unwrap();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        code
    }
}

const FILE: &str = "edition: 3.0.0\nvars:\n  region: cn-hangzhou\nresources:\n  web:\n    component: site\n    props:\n      source: ./public\n      region: ${vars.region}\n      spa: yess # 😀\n";

fn codes(told: &Json) -> Vec<&str> {
    let all = told["diagnostics"].as_array().unwrap();
    all.iter().map(|d| d["code"].as_str().unwrap()).collect()
}

#[test]
fn an_editor_is_told_what_is_wrong_and_when_it_is_right() {
    let sandbox = Sandbox::new();
    sandbox.file("public/index.html", "x");
    let mut editor = Editor::new(&sandbox, json!({}));
    let told = editor.open(FILE);
    assert_eq!(codes(&told), ["SD0202"]);
    let first = &told["diagnostics"][0];
    assert_eq!(
        first["range"]["start"],
        json!({ "line": 9, "character": 11 })
    );
    assert_eq!(first["range"]["end"], json!({ "line": 9, "character": 15 }));
    assert!(
        first["message"]
            .as_str()
            .unwrap()
            .contains("sdev explain SD0202")
    );
    let range =
        json!({ "start": { "line": 9, "character": 11 }, "end": { "line": 9, "character": 15 } });
    editor.change(2, json!([{ "range": range, "text": "true" }]));
    let told = editor.told();
    assert_eq!((codes(&told), &told["version"]), (vec![], &json!(2)));
    // The text is not that of the disk, and two changes come in one notice.
    let top =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    let end =
        json!({ "start": { "line": 99, "character": 0 }, "end": { "line": 99, "character": 0 } });
    editor.change(
        3,
        json!([{ "range": top, "text": "" }, { "range": end, "text": "nmae: x\n" }]),
    );
    assert_eq!(codes(&editor.told()), ["SD0105", "SD0119"]);
    let uri = editor.uri.clone();
    editor.notify(
        "textDocument/didClose",
        json!({ "textDocument": { "uri": uri } }),
    );
    assert_eq!(codes(&editor.told()), Vec::<&str>::new());
    assert_eq!(editor.leave(true), 0);
}

#[test]
fn columns_are_those_of_the_client() {
    let sandbox = Sandbox::new();
    let text = "edition: 3.0.0\nx: [\"😀中é\", \"${vars.a}\"]\nresources: {}\n";
    let mut editor = Editor::new(&sandbox, json!({}));
    let start = editor.open(text)["diagnostics"][0]["range"]["start"].clone();
    assert_eq!(start, json!({ "line": 1, "character": 15 }));
    let utf8 = json!({ "general": { "positionEncodings": ["utf-16", "utf-8"] } });
    let mut editor = Editor::new(&sandbox, utf8);
    let start = editor.open(text)["diagnostics"][0]["range"]["start"].clone();
    assert_eq!(start, json!({ "line": 1, "character": 20 }));
}

#[test]
fn completion_hover_definition_and_symbols() {
    let sandbox = Sandbox::new();
    sandbox.file("public/index.html", "x");
    let mut editor = Editor::new(&sandbox, json!({}));
    editor.open(FILE);
    let found = editor.ask("completion", 8, 21);
    assert_eq!(found["items"][0]["label"], "region");
    assert_eq!(
        found["items"][0]["textEdit"]["range"]["start"]["character"],
        21
    );
    let found = editor.ask("completion", 9, 11);
    assert_eq!(found["items"][0]["label"], "true");
    let shown = editor.ask("hover", 8, 18);
    assert!(
        shown["contents"]["value"]
            .as_str()
            .unwrap()
            .contains("cn-hangzhou"),
        "{shown}"
    );
    let place = editor.ask("definition", 8, 22);
    assert_eq!(
        place["range"]["start"],
        json!({ "line": 2, "character": 2 })
    );
    let place = editor.ask("definition", 7, 18);
    assert!(
        place["uri"].as_str().unwrap().ends_with("/public"),
        "{place}"
    );
    let symbols = editor.ask("documentSymbol", 0, 0);
    let names: Vec<&str> = symbols
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"web") && names.contains(&"props"),
        "{names:?}"
    );
    assert_eq!(editor.leave(true), 0);
}

#[test]
fn a_secret_is_never_shown() {
    let sandbox = Sandbox::new();
    let mut editor = Editor::bare(&sandbox);
    editor.child.kill().unwrap();
    let mut command = sandbox.command(&["lsp"]);
    command
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIid")
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "verysecret");
    editor.child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    editor.out = BufReader::new(editor.child.stdout.take().unwrap());
    editor.request("initialize", json!({ "capabilities": {} }));
    editor.open(
        "edition: 3.0.0\nvars:\n  s: ${config('AccessKeySecret')}\nx: ${vars.s}\nresources: {}\n",
    );
    for (line, character) in [(2, 10), (3, 7)] {
        let shown = editor.ask("hover", line, character).to_string();
        assert!(
            shown.contains("is a secret") && !shown.contains("verysecret"),
            "{shown}"
        );
    }
}

#[test]
fn other_files_are_left_alone() {
    let sandbox = Sandbox::new();
    let mut editor = Editor::new(&sandbox, json!({}));
    let manifest = editor.uri.clone();
    for (name, text) in [
        ("env.yaml", "a: 1"),
        ("docker-compose.yaml", "services: {}"),
        ("other.yaml", FILE),
    ] {
        editor.uri = manifest.replace("s.yaml", name);
        let document =
            json!({ "uri": editor.uri, "languageId": "yaml", "version": 1, "text": text });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
        if name != "other.yaml" {
            assert_eq!(editor.ask("completion", 0, 0), Json::Null, "{name}");
        }
    }
    assert!(
        editor.told()["uri"]
            .as_str()
            .unwrap()
            .ends_with("/other.yaml")
    );
}

#[test]
fn garbage_is_answered_and_survived() {
    let sandbox = Sandbox::new();
    let mut editor = Editor::bare(&sandbox);
    editor.raw(b"hello\r\nContent-Length: 5\r\n\r\n{nope");
    assert_eq!(editor.next()["error"]["code"], -32700);
    editor.send(&json!([1, 2]));
    assert_eq!(editor.next()["error"]["code"], -32600);
    assert_eq!(
        editor.request("textDocument/hover", json!({}))["error"]["code"],
        -32002
    );
    editor.request("initialize", json!({ "capabilities": {} }));
    assert_eq!(
        editor.request("initialize", json!({}))["error"]["code"],
        -32600
    );
    assert_eq!(
        editor.request("nothing/known", json!(5))["error"]["code"],
        -32601
    );
    assert_eq!(
        editor.request("textDocument/hover", json!({}))["error"]["code"],
        -32602
    );
    editor.send(&json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": 77 } }));
    editor
        .send(&json!({ "jsonrpc": "2.0", "id": 77, "method": "textDocument/hover", "params": {} }));
    assert_eq!(editor.next()["error"]["code"], -32800);
    editor.open("a: [\u{0}");
    assert_eq!(editor.leave(false), 1);
}

#[test]
fn a_client_that_vanishes_ends_the_server() {
    let sandbox = Sandbox::new();
    let mut editor = Editor::new(&sandbox, json!({}));
    drop(editor.child.stdin.take());
    assert_eq!(editor.child.wait().unwrap().code(), Some(1));
}
