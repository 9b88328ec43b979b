//! Plugins: programs that may change properties, and what becomes of those that misbehave.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Sandbox, fetch};

fn program(sandbox: &Sandbox, name: &str, text: &str) {
    sandbox.file(name, text);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(sandbox.work().join(name), mode).unwrap();
}

/// A site whose plugin has this name and these arguments.
fn site(sandbox: &Sandbox, plugin: &str, more: &str) {
    sandbox.file("public/index.html", "<h1>Hello</h1>");
    sandbox.file(
        "s.yaml",
        format!(
            "edition: 3.0.0\nname: shop\naccess: local\nresources:\n  web:\n    component: site\n    props: {{ source: ./public, domain: shop.test, headers: {{ X-One: '1' }} }}\n    actions:\n      pre-deploy:\n        - plugin: {plugin}\n{more}"
        ),
    );
}

#[test]
fn the_reference_plugin_stamps_a_property() {
    let sandbox = Sandbox::new().with_cloud();
    let stamp = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/stamp/sdev-plugin-stamp");
    let args =
        |value: &str| format!("          args: {{ path: [headers, X-Build], value: {value} }}\n");
    site(&sandbox, stamp.to_str().unwrap(), &args("b7"));
    let deployed = sandbox.run("deploy -y --json").code(0);
    let again = deployed.object("replan");
    assert!(
        again["changed_by"]["web"][0]
            .as_str()
            .unwrap()
            .ends_with("sdev-plugin-stamp")
    );
    let reply = fetch(sandbox.port(), "shop.test", "/", &[]);
    assert_eq!(reply.header("x-build"), Some("b7"));
    // By its name, on the search path.
    site(&sandbox, "stamp", &args("b8"));
    let mut command = sandbox.command(&["deploy", "-y"]);
    let path = std::env::var("PATH").unwrap();
    command.env(
        "PATH",
        format!("{}:{path}", stamp.parent().unwrap().display()),
    );
    let ran = sandbox.run_command(command).code(0);
    assert!(
        ran.stderr.contains("changed by plugin stamp"),
        "{}",
        ran.stderr
    );
    let reply = fetch(sandbox.port(), "shop.test", "/", &[]);
    assert_eq!(reply.header("x-build"), Some("b8"));
    // Its trouble is told in its own words; what it made of the properties is checked like the manifest.
    site(&sandbox, stamp.to_str().unwrap(), "");
    sandbox.run("deploy -y").code(1).says("SD1107").says("args");
    let wrong = "          args: { path: [hedaers], value: 1 }\n";
    site(&sandbox, stamp.to_str().unwrap(), wrong);
    sandbox
        .run("deploy -y")
        .code(1)
        .says("SD0201")
        .says("hedaers");
}

#[test]
fn a_plugin_that_misbehaves_is_a_clear_error() {
    let sandbox = Sandbox::new().with_cloud();
    for (text, code, words) in [
        ("echo garbage", "SD1108", "`garbage`"),
        ("exit 3", "SD1107", "exit code 3"),
        ("kill -9 $$", "SD1107", "exit code 137"),
        (
            "yes 0123456789 | head -c 100000000",
            "SD1108",
            "wrote too much",
        ),
        ("head -c 100000000 /dev/zero", "SD1108", "wrote too much"),
        ("exec >&-", "SD1108", "without a reply"),
        ("exec <&-; echo '{\"protocol\":2}'", "SD1108", "version 2"),
        ("echo '{\"props\":{}}'", "SD1108", "`protocol`"),
        (
            "echo '{\"protocol\":1,\"props\":5}'",
            "SD1108",
            "must be a map",
        ),
        (
            "echo '{\"protocol\":1}'; echo '{\"protocol\":1}'",
            "SD1108",
            "more than once",
        ),
        (
            "echo '{\"protocol\":1,\"error\":{\"message\":\"no luck\",\"hint\":\"try later\"}}'",
            "SD1107",
            "try later",
        ),
    ] {
        program(&sandbox, "plug", &format!("#!/bin/sh\n{text}\n"));
        site(&sandbox, "./plug", "");
        sandbox.run("deploy -y").code(1).says(code).says(words);
    }
    program(&sandbox, "plug", "#!/bin/sh\nsleep 1000\n");
    sandbox
        .run("deploy -y --action-timeout 50ms")
        .code(1)
        .says("SD1104");
    // Words for people reach them, and the deploy goes on where the plugin changes nothing.
    program(
        &sandbox,
        "plug",
        "#!/bin/sh\necho aside >&2\necho '{\"log\":\"words\"}'\necho '{\"protocol\":1}'\n",
    );
    sandbox
        .run("deploy -y")
        .code(0)
        .says("web | aside")
        .says("web | words");
}

/// Demands that a plugin that is not there stops every command with its place, and that nothing was begun.
fn assert_missing(sandbox: &Sandbox, manifest: &str) {
    sandbox.file("s.yaml", manifest);
    for command in ["validate", "plan", "deploy -y"] {
        let ran = sandbox.run(command).code(1);
        ran.says("error[SD1106]")
            .says("plugin: cap-tool-plugin")
            .says("npm");
    }
    assert!(!sandbox.work().join(".sdev/shop/local/state.json").exists());
}

/// Demands that it is a warning, and the plan is there.
fn assert_warned(sandbox: &Sandbox, manifest: &str) {
    sandbox.file("s.yaml", manifest);
    for command in ["validate", "plan"] {
        sandbox.run(command).code(0).says("warning[SD1106]");
    }
}

#[test]
fn a_plugin_that_is_not_there_is_told_before_anything_happens() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file("public/index.html", "<h1>Hello</h1>");
    let own = |actions: &str| {
        format!(
            "edition: 3.0.0\nname: shop\naccess: local\nresources:\n  web:\n    component: site\n    props: {{ source: ./public }}\n    actions:\n{actions}"
        )
    };
    let plugin = |hook: &str, more: &str| {
        format!("      {hook}-deploy:\n        - plugin: cap-tool-plugin\n{more}")
    };
    for hook in ["pre", "success", "complete"] {
        assert_missing(&sandbox, &own(&plugin(hook, "")));
    }
    let global = own("      success-deploy: [{ run: 'true' }]\n");
    let global = format!("{global}actions:\n  complete-deploy:\n    - plugin: cap-tool-plugin\n");
    assert_missing(&sandbox, &global);
    let before = own("      pre-deploy: [{ run: ./prepare.sh }]\n");
    let last = plugin("complete", "");
    assert_missing(&sandbox, &format!("{before}{last}"));
    // Where the deploy would not fail, or the program may be made on the way.
    assert_warned(&sandbox, &own(&plugin("fail", "")));
    let passed = plugin("complete", "          allow_failure: true\n");
    assert_warned(&sandbox, &own(&passed));
    let made = before.replace("./prepare.sh", "npm i -g sdev-plugin-cap-tool-plugin");
    assert_warned(&sandbox, &format!("{made}{last}"));
    let path = format!("{before}{last}").replace("cap-tool-plugin", "./made/plugin");
    assert_warned(&sandbox, &path);
    // What does not run is not missed.
    sandbox.file("s.yaml", own(&plugin("complete", "")));
    sandbox.run("plan --skip-actions").code(0);
    sandbox.run("deploy -y --skip-actions").code(0);
    sandbox.run("remove -y").code(0);
    // A removal asks first, too.
    let farewell = own(&plugin("complete", "")).replace("complete-deploy", "complete-remove");
    sandbox.file("s.yaml", farewell);
    sandbox.run("deploy -y").code(0);
    sandbox.run("remove -y").code(1).says("SD1106");
    sandbox.run("output web.bucket").code(0);
}

#[test]
fn a_plugin_that_cannot_be_run_is_a_clear_error() {
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, "dingding", "");
    sandbox.run("deploy -y").code(1).says("SD1106").says("npm");
    site(&sandbox, "./public", "");
    sandbox.run("deploy -y").code(1).says("SD1106");
    site(&sandbox, "./s.yaml", "");
    sandbox
        .run("deploy -y")
        .code(1)
        .says("SD1105")
        .says("chmod +x");
    sandbox.file("home-made", "");
    let own = sandbox.home().join("plugins");
    std::fs::create_dir_all(&own).unwrap();
    program(&sandbox, "mine", "#!/bin/sh\necho '{\"protocol\":1}'\n");
    std::fs::rename(sandbox.work().join("mine"), own.join("mine")).unwrap();
    site(&sandbox, "mine", "");
    sandbox.run("deploy -y").code(0);
}
