//! Keys: where they come from, that they are checked, that they never show.

use std::os::unix::fs::PermissionsExt;

use crate::site::shop;
use crate::support::Sandbox;

#[test]
fn aliases_are_kept_for_the_owner_alone() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&[
        "config",
        "add",
        "prod",
        "--key-id",
        "AKPROD",
        "--account-id",
        "42",
    ]);
    command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "canary-secret");
    sandbox.run_command(command).code(0);
    let file = sandbox.home().join("access.yaml");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let listed = sandbox.run("config list").code(0);
    assert_eq!(listed.stdout, "prod\n");
    sandbox.run("config delete prod").code(0);
    sandbox.run("config delete prod").code(1).says("SD0401");
}

#[test]
fn an_unknown_access_is_named_with_those_that_are_known() {
    let sandbox = Sandbox::new();
    shop(&sandbox);
    sandbox
        .run("deploy -y -a nowhere")
        .code(1)
        .says("SD0401")
        .says("`nowhere`")
        .says("sdev config add");
}

#[test]
fn wrong_keys_are_refused_by_the_local_cloud() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let url = format!("http://127.0.0.1:{}", sandbox.port());
    for (id, code) in [
        ("WRONG", "InvalidAccessKeyId"),
        ("", "SignatureDoesNotMatch"),
    ] {
        let right = sandbox.run("local status --json").object("local");
        let id = if id.is_empty() {
            right["ALIBABA_CLOUD_ACCESS_KEY_ID"]
                .as_str()
                .unwrap()
                .to_owned()
        } else {
            id.to_owned()
        };
        let mut command = sandbox.command(&["plan"]);
        command
            .env("SDEV_LOCAL_URL", &url)
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", id);
        command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong");
        sandbox
            .run_command(command)
            .code(1)
            .says("SD0701")
            .says(code);
    }
}

#[test]
fn no_secret_reaches_a_file_a_plan_or_a_log() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let secret =
        sandbox.run("local status --json").object("local")["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
            .clone();
    let secret = secret.as_str().unwrap();
    let mut told = String::new();
    for command in [
        "plan",
        "plan --json",
        "deploy -y --json",
        "output",
        "preview",
        "local status",
        "remove -y",
    ] {
        let ran = sandbox.run(command).code(0);
        told += &(ran.stdout + &ran.stderr);
    }
    assert!(!told.contains(secret));
    let grep = std::process::Command::new("grep")
        .args(["-rl", secret])
        .arg(sandbox.work())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(grep.stdout).unwrap(), "");
    let kept = std::process::Command::new("grep")
        .args(["-rl", secret])
        .arg(sandbox.home())
        .output()
        .unwrap();
    assert_eq!(
        sandbox.stable(String::from_utf8(kept.stdout).unwrap().trim()),
        "[SANDBOX]/home/access.yaml"
    );
}

#[test]
fn serverless_devs_own_alias_file_is_read() {
    let sandbox = Sandbox::new();
    shop(&sandbox);
    let user = sandbox.work().parent().unwrap().join("user/.s");
    std::fs::create_dir_all(&user).unwrap();
    std::fs::write(
        user.join("access.yaml"),
        "team:\n  AccountID: '42'\n  AccessKeyID: AK\n  AccessKeySecret: SK\n",
    )
    .unwrap();
    let listed = sandbox.run("config list").code(0);
    assert_eq!(listed.stdout, "team\n");
}

#[test]
fn a_named_alias_goes_before_the_vendors_variables_and_after_serverless_devs_own() {
    let sandbox = Sandbox::new();
    let mut add = sandbox.command(&[
        "config",
        "add",
        "prod",
        "--key-id",
        "STORED",
        "--account-id",
        "1",
    ]);
    add.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "x");
    sandbox.run_command(add).code(0);
    sandbox.file(
        "s.yaml",
        "edition: 3.0.0\nname: a\nvars: { id: \"${config('AccessKeyID')}\" }\nresources: {}\n",
    );
    let key = |variables: &[(&str, &str)]| {
        let mut command = sandbox.command(&["preview", "-a", "prod"]);
        command.envs(variables.iter().copied());
        sandbox.run_command(command).code(0).stdout
    };
    let vendor = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "VENDOR"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "x"),
    ];
    assert!(key(&vendor).contains("STORED"));
    let devs = [
        ("AccountID", "2"),
        ("AccessKeyID", "DEVS"),
        ("AccessKeySecret", "x"),
    ];
    assert!(key(&devs).contains("DEVS"));
}

fn add(sandbox: &Sandbox, alias: &str, id: &str, secret: &str) -> std::process::Command {
    let mut command = sandbox.command(&["config", "add", alias, "--key-id", id]);
    command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret);
    command
}

#[test]
fn aliases_added_at_the_same_time_are_all_kept() {
    let sandbox = Sandbox::new();
    let names: Vec<String> = (0..8).map(|n| format!("alias{n}")).collect();
    let adding: Vec<_> = names
        .iter()
        .map(|name| add(&sandbox, name, "AK", "x").spawn().unwrap())
        .collect();
    for mut child in adding {
        assert!(child.wait().unwrap().success());
    }
    let listed = sandbox.run("config list").code(0);
    assert_eq!(listed.stdout.lines().collect::<Vec<_>>(), names);
}

#[test]
fn what_no_key_can_be_is_refused() {
    let sandbox = Sandbox::new();
    for (alias, id, secret, said) in [
        ("", "AK", "x", "the alias is empty"),
        ("a b", "AK", "x", "the alias has blanks"),
        ("a\u{7}", "AK", "x", "the alias has blanks"),
        ("a", "", "x", "the access key's id is empty"),
        ("a", "A K", "x", "the access key's id has blanks"),
        ("a", "AK", "one\ntwo", "the access key's secret has blanks"),
    ] {
        sandbox
            .run_command(add(&sandbox, alias, id, secret))
            .code(1)
            .says("SD1001")
            .says(said);
    }
    assert!(!sandbox.home().join("access.yaml").exists());
}

#[test]
fn a_broken_file_of_serverless_devs_hides_no_alias() {
    let sandbox = Sandbox::new();
    sandbox
        .run_command(add(&sandbox, "prod", "AK", "x"))
        .code(0);
    let user = sandbox.work().parent().unwrap().join("user/.s");
    std::fs::create_dir_all(&user).unwrap();
    std::fs::write(user.join("access.yaml"), "- no: [aliases").unwrap();
    let listed = sandbox.run("config list").code(0).says("SD0402");
    assert!(
        listed.stderr.starts_with("warning[SD0402]"),
        "{}",
        listed.stderr
    );
    assert_eq!(listed.stdout, "prod\n");
}

#[test]
fn the_local_access_is_said_once_among_those_that_are_known() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let ran = sandbox.run("plan -a nowhere").code(1).says("SD0401");
    assert_eq!(ran.stderr.matches("local").count(), 1, "{}", ran.stderr);
}
