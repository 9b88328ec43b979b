//! Functions in PHP and Java through the real binary, and what is said where their interpreters are missing.

use std::process::Command;

use crate::support::Sandbox;

fn manifest(name: &str, runtime: &str, handler: &str, code: &str) -> String {
    format!(
        "edition: 3.0.0\nname: shop\naccess: local\nresources:\n  {name}:\n    component: function\n    props:\n      name: {name}\n      \
         runtime: {runtime}\n      handler: '{handler}'\n      code: {code}\n      timeout: 20\n      env: {{ STAGE: test }}\n"
    )
}

const CONTEXT: &str =
    "package com.aliyun.fc.runtime; public interface Context { FunctionParam getFunctionParam(); }";
const PARAM: &str =
    "package com.aliyun.fc.runtime; public interface FunctionParam { String getFunctionName(); }";
const HANDLER: &str = "package com.aliyun.fc.runtime; public interface PojoRequestHandler<I, O> { O handleRequest(I input, Context context); }";
const APP: &str = r#"
package example;
import com.aliyun.fc.runtime.*;
import java.util.*;
public class App implements PojoRequestHandler<Map<String, List<Integer>>, Map<String, Object>> {
    public Map<String, Object> handleRequest(Map<String, List<Integer>> event, Context context) {
        System.out.println("heard " + event);
        int sum = 0;
        for (int one : event.get("numbers")) sum += one;
        Map<String, Object> answer = new TreeMap<>();
        answer.put("sum", sum);
        answer.put("name", context.getFunctionParam().getFunctionName() + System.getenv("STAGE"));
        return answer;
    }
}
"#;

/// A jar with the application and what it was compiled against.
fn jar(sandbox: &Sandbox) {
    let sources = [
        ("Context", CONTEXT),
        ("FunctionParam", PARAM),
        ("PojoRequestHandler", HANDLER),
        ("App", APP),
    ];
    let files = sources.map(|(name, text)| {
        sandbox.file(&format!("java/{name}.java"), text);
        format!("java/{name}.java")
    });
    let run = |program: &str, words: &[&str]| {
        let output = Command::new(program)
            .current_dir(sandbox.work())
            .args(words)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let files = files.each_ref().map(String::as_str);
    run("javac", &[&["-d", "classes"], files.as_slice()].concat());
    run("jar", &["cf", "app.jar", "-C", "classes", "."]);
}

#[test]
fn a_jar_is_deployed_and_called() {
    let sandbox = Sandbox::new().with_cloud();
    jar(&sandbox);
    sandbox.file(
        "s.yaml",
        manifest("sums", "java11", "example.App::handleRequest", "./app.jar"),
    );
    sandbox.run("deploy -y").code(0);
    let called = sandbox.run(r#"invoke -e {"numbers":[1,2,39]}"#).code(0);
    assert_eq!(called.stdout, "{\"name\":\"sumstest\",\"sum\":42}\n");
    assert!(
        called.stderr.contains("heard {numbers=[1, 2, 39]}"),
        "{}",
        called.stderr
    );
    let failed = sandbox
        .run("invoke -e {} --json")
        .code(1)
        .object("invocation");
    assert_eq!(failed["error"], "UnhandledInvocationError");
}

#[test]
fn a_handler_in_php_is_deployed_and_called() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file(
        "s.yaml",
        manifest("greets", "php7.2", "index.handler", "./code"),
    );
    let code = "<?php function handler($event, $context) { echo \"heard $event\\n\"; return $context['function']['name'] . getenv('STAGE'); }\n";
    sandbox.file("code/index.php", code);
    sandbox.run("deploy -y").code(0);
    let called = sandbox.run("invoke -e you").code(0);
    assert_eq!(called.stdout, "greetstest\n");
    assert!(called.stderr.contains("heard you"), "{}", called.stderr);
    // The next instance is an interpreter that waited for its code.
    std::thread::sleep(std::time::Duration::from_secs(1));
    sandbox.file(
        "code/index.php",
        code.replace("$event", "again $event")
            .replacen("again ", "", 1),
    );
    sandbox.run("deploy -y").code(0);
    let called = sandbox.run("invoke -e you").code(0);
    assert_eq!(called.stdout, "greetstest\n");
    assert!(
        called.stderr.contains("heard again you"),
        "{}",
        called.stderr
    );
}

#[test]
fn a_missing_interpreter_is_told_when_its_function_is_deployed() {
    let mut sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.tools()).unwrap();
    sandbox.hide_machine();
    sandbox.start_cloud();
    sandbox.file("code/index.php", "<?php\n");
    for (runtime, words, package) in [
        (
            "php7.2",
            "php is not on this machine",
            "apt install php-cli",
        ),
        (
            "java11",
            "java is not on this machine",
            "apt install default-jdk-headless",
        ),
    ] {
        sandbox.file(
            "s.yaml",
            manifest("lost", runtime, "index.handler", "./code"),
        );
        sandbox
            .run("deploy -y")
            .code(1)
            .says("NotImplemented")
            .says(words)
            .says(package);
    }
}

#[test]
fn a_custom_runtime_finds_the_vendors_interpreters_and_a_missing_program_is_told_at_the_deploy() {
    let sandbox = Sandbox::new().with_cloud();
    let custom = |command: &str| {
        let manifest = manifest("serves", "custom.debian12", "index.handler", "./code");
        format!("{manifest}      command: [{command}]\n      port: 9000\n")
    };
    let server =
        "require('http').createServer((asked, answer) => answer.end('served')).listen(9000)";
    sandbox.file("code/index.js", server);
    sandbox.file("s.yaml", custom("no-such-program, index.js"));
    let refused = sandbox.run("deploy -y").code(1);
    let words = "no-such-program is neither in the code nor on this machine";
    assert!(refused.stderr.contains(words), "{}", refused.stderr);
    sandbox.file("s.yaml", custom("/var/fc/lang/nodejs20/bin/node, index.js"));
    sandbox.run("deploy -y").code(0);
    let called = sandbox.run("invoke -e {}").code(0);
    assert_eq!(called.stdout, "served\n");
    // What was there may be taken away.
    sandbox.file("s.yaml", custom("no-such-program, index.js"));
    let refused = sandbox.run("deploy -y").code(1);
    assert!(refused.stderr.contains(words), "{}", refused.stderr);
}
