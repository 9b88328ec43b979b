//! Component `cdn`: a domain in front of any origin.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::{Sandbox, fetch};

fn manifest(port: u16) -> String {
    format!(
        "\
edition: 3.0.0
name: front
access: local
resources:
  front:
    component: cdn
    props:
      cdnType: download
      domainName: files.test
      sources:
        - type: ipaddr
          content: 127.0.0.1
          port: {port}
"
    )
}

/// An origin that answers every request with the same words, and says how to keep them.
fn origin() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).unwrap();
            let reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\nConnection: close\r\n\r\nhello";
            stream.write_all(reply.as_bytes()).unwrap();
        }
    });
    port
}

#[test]
fn a_domain_serves_what_its_origin_says_and_the_plan_is_empty_then() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file("s.yaml", manifest(origin()));
    sandbox.run("deploy -y").code(0).says("front.cdn created");
    sandbox.run("plan --detailed-exitcode").code(0);
    let first = fetch(sandbox.port(), "files.test", "/a", &[]);
    assert_eq!(first.text(), "hello");
    let second = fetch(sandbox.port(), "files.test", "/a", &[]);
    assert!(second.header("x-cache").unwrap().starts_with("HIT"));
}

#[test]
fn other_origins_are_one_change() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file("s.yaml", manifest(origin()));
    sandbox.run("deploy -y").code(0);
    sandbox.file("s.yaml", manifest(origin()));
    let plan = sandbox.run("plan --json").code(0).object("plan");
    assert_eq!(plan["summary"]["update"], 1, "{plan}");
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox.run("remove -y").code(0);
}
