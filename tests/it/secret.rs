//! Secrets from end to end: they arrive where they are wanted, and show nowhere else.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::{Ran, Sandbox, fetch};

const STORED: &str = "cAnArY+stored/7f3a9";
const MARKED: &str = "cAnArY-marked-b81d2";

/// What a secret must not be found as.
fn spellings(text: &str) -> Vec<String> {
    use std::fmt::Write;
    let hex = text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    vec![
        text.to_owned(),
        wire::digest::base64(text.as_bytes()),
        wire::escape::strict(text),
        hex.to_uppercase(),
        hex,
    ]
}

fn manifest(headers: &str) -> String {
    format!(
        "edition: 3.0.0\nname: shop\naccess: local\nsdev: {{ secrets: [DB_PASSWORD] }}\nresources:\n  web:\n    component: site\n    props:\n      source: ./public\n      domain: web.test\n      headers:\n{headers}"
    )
}

const HEADERS: &str = "        X-Token: ${secret('TOKEN')}\n        X-Basic: Basic ${base64(secret('TOKEN'))}, ${env('DB_PASSWORD')}!\n        X-Key: ${config('AccessKeySecret')}\n";

fn site(sandbox: &Sandbox, headers: &str) {
    sandbox
        .file("public/index.html", "<h1>Hello</h1>")
        .file("s.yaml", manifest(headers));
}

/// Runs the binary with variables of its own.
fn run(sandbox: &Sandbox, line: &str, variables: &[(&str, &str)]) -> Ran {
    let mut command = sandbox.command(&line.split(' ').collect::<Vec<_>>());
    command.envs(variables.iter().copied());
    sandbox.run_command(command)
}

/// Sets a secret from standard input.
fn set(sandbox: &Sandbox, line: &str, value: &str) -> Ran {
    let file = sandbox.work().join("../value");
    std::fs::write(&file, value).unwrap();
    let mut command = sandbox.command(&line.split(' ').collect::<Vec<_>>());
    command.stdin(Stdio::from(std::fs::File::open(&file).unwrap()));
    let ran = sandbox.run_command(command);
    std::fs::remove_file(file).unwrap();
    ran
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The files that hold a text in any spelling. What the local cloud was given is the cloud's own and not looked at.
fn holders(sandbox: &Sandbox, text: &str) -> Vec<String> {
    let mut files = Vec::new();
    files_below(&sandbox.work().join(".."), &mut files);
    let spellings = spellings(text);
    let holds = |path: &&PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        let has = |needle: &String| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
        spellings.iter().any(has)
    };
    let cloud = sandbox.home().join("local/data");
    files
        .iter()
        .map(|path| path.canonicalize().unwrap())
        .filter(|path| !path.starts_with(&cloud))
        .collect::<Vec<_>>()
        .iter()
        .filter(holds)
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[track_caller]
fn assert_silent(ran: &Ran, what: &str, texts: &[&str]) {
    for needle in texts.iter().flat_map(|text| spellings(text)) {
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!all.contains(&needle), "{what} says {needle}:\n{all}");
    }
}

#[test]
fn no_text_shows_in_any_file_or_word_and_every_header_arrives() {
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, HEADERS);
    set(&sandbox, "secret set TOKEN", &format!("{STORED}\n")).code(0);
    let status = sandbox
        .run("local status --json --show-secret")
        .object("local");
    let key = status["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].as_str().unwrap();
    let texts = [STORED, MARKED, key];
    let variables = [("DB_PASSWORD", MARKED)];
    let silent = |line: &str, more: &[(&str, &str)]| {
        let ran = run(&sandbox, line, &[&variables, more].concat());
        assert_silent(&ran, line, &texts);
        for text in [STORED, MARKED] {
            assert_eq!(holders(&sandbox, text), [""; 0], "after {line}");
        }
        assert_eq!(holders(&sandbox, key), ["access.yaml"], "after {line}");
        ran
    };
    for line in [
        "validate",
        "validate --json",
        "preview",
        "preview --json",
        "plan",
        "plan --json",
        "plan --diff --full",
        "secret list",
        "secret list --json",
    ] {
        silent(line, &[]).code(0);
    }
    // Killed at every entry of the journal: what lies there then is silent too.
    for at in 1..=6 {
        silent("deploy -y", &[("SDEV_TEST_KILL_AT", &at.to_string())]);
    }
    silent("deploy -y --json", &[]).code(0);
    let page = fetch(sandbox.port(), "web.test", "/", &[]);
    assert_eq!(page.header("x-token"), Some(STORED));
    assert_eq!(page.header("x-key"), Some(key));
    let coded = wire::digest::base64(STORED.as_bytes());
    let basic = format!("Basic {coded}, {MARKED}!");
    assert_eq!(page.header("x-basic"), Some(basic.as_str()));
    for line in [
        "plan --detailed-exitcode",
        "output",
        "output --json",
        "deploy -y",
    ] {
        silent(line, &[]).code(0);
    }
    // A deploy that fails: no header can hold a text of two lines.
    let broken = format!("{STORED}\nx");
    let failed = silent("deploy -y", &[("SDEV_SECRET_TOKEN", &broken)]).code(1);
    assert!(failed.stderr.contains("SD0702"), "{}", failed.stderr);
    silent("deploy -y --json", &[("SDEV_SECRET_TOKEN", &broken)]).code(1);
    silent("plan --destroy", &[]).code(0);
    silent("remove -y --json", &[]).code(0);
}

#[test]
fn a_new_value_is_one_change_and_the_same_value_is_none() {
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, "        X-Token: Bearer ${secret('TOKEN')}\n");
    set(&sandbox, "secret set TOKEN", "one-one-one").code(0);
    sandbox.run("deploy -y").code(0);
    set(&sandbox, "secret set TOKEN", "one-one-one\n").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    set(&sandbox, "secret set TOKEN", "two-two-two").code(0);
    let plan = sandbox.run("plan").code(0);
    assert_silent(&plan, "plan", &["one-one-one", "two-two-two"]);
    let wanted = "headers.X-Token  Bearer (secret secret:TOKEN), changed";
    assert!(plan.stdout.contains(wanted), "{}", plan.stdout);
    assert!(!plan.stdout.contains("Changed outside"), "{}", plan.stdout);
    let json = sandbox.run("plan --json").object("plan");
    assert_eq!(json["steps"].as_array().unwrap().len(), 1);
    assert_eq!(json["steps"][0]["diff"].as_array().unwrap().len(), 1);
    let after = &json["steps"][0]["diff"][0]["after"]["text_with_secrets"];
    assert_eq!(after[0], "Bearer ");
    assert_eq!(after[1]["secret"], "secret:TOKEN");
    sandbox.run("deploy -y").code(0);
    let page = fetch(sandbox.port(), "web.test", "/", &[]);
    assert_eq!(page.header("x-token"), Some("Bearer two-two-two"));
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn what_others_put_in_the_place_of_a_secret_is_drift_without_its_text() {
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, "        X-Token: ${secret('TOKEN')}\n");
    set(&sandbox, "secret set TOKEN", "ours-ours").code(0);
    sandbox.run("deploy -y").code(0);
    // Somebody with a copy of the state deploys another text behind our back.
    let (state, aside) = (
        sandbox.work().join(".sdev"),
        sandbox.work().join("../aside"),
    );
    let copy = |from: &Path, to: &Path| {
        let copied = std::process::Command::new("cp")
            .arg("-r")
            .arg(from)
            .arg(to)
            .status();
        assert!(copied.unwrap().success());
    };
    copy(&state, &aside);
    let foreign = [("SDEV_SECRET_TOKEN", "foreign-text")];
    run(&sandbox, "deploy -y", &foreign).code(0);
    std::fs::remove_dir_all(&state).unwrap();
    copy(&aside, &state);
    let plan = sandbox.run("plan").code(0);
    assert_silent(&plan, "plan", &["ours-ours", "foreign-text"]);
    let drift = "Changed outside sdev since the last deploy:\n  ! web.cdn\n      headers.X-Token  (secret secret:TOKEN), changed\n";
    assert!(plan.stdout.contains(drift), "{}", plan.stdout);
    assert_silent(
        &sandbox.run("plan --json"),
        "plan --json",
        &["foreign-text"],
    );
    sandbox.run("deploy -y").code(0);
    let page = fetch(sandbox.port(), "web.test", "/", &[]);
    assert_eq!(page.header("x-token"), Some("ours-ours"));
    // With what they put there as ours, there is nothing to send.
    run(&sandbox, "deploy -y", &foreign).code(0);
    run(&sandbox, "plan --detailed-exitcode", &foreign).code(0);
}

#[test]
fn a_text_that_becomes_a_secret_shows_no_more_and_leaves_the_state() {
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, &format!("        X-Token: {MARKED}\n"));
    sandbox.run("deploy -y").code(0);
    site(&sandbox, "        X-Token: ${env('DB_PASSWORD')}\n");
    let variables = [("DB_PASSWORD", MARKED)];
    for line in ["plan", "plan --json", "deploy -y"] {
        assert_silent(&run(&sandbox, line, &variables).code(0), line, &[MARKED]);
    }
    assert_eq!(holders(&sandbox, MARKED), [""; 0]);
    run(&sandbox, "plan --detailed-exitcode", &variables).code(0);
    let other = [("DB_PASSWORD", "another-text")];
    let plan = run(&sandbox, "plan", &other).code(0);
    assert!(
        plan.stdout.contains("(secret env:DB_PASSWORD), changed"),
        "{}",
        plan.stdout
    );
}

#[test]
fn a_marked_variable_may_come_from_a_file_of_the_project() {
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, "        X-Token: ${env('DB_PASSWORD')}\n");
    sandbox.file(".env", format!("DB_PASSWORD={MARKED}\n"));
    for line in ["validate", "preview", "plan --json", "deploy -y --json"] {
        assert_silent(&sandbox.run(line).code(0), line, &[MARKED]);
    }
    let page = fetch(sandbox.port(), "web.test", "/", &[]);
    assert_eq!(page.header("x-token"), Some(MARKED));
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(holders(&sandbox, MARKED), [".env"]);
}

#[test]
fn fingerprints_of_another_machine_are_renewed_once() {
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, "        X-Token: ${secret('TOKEN')}\n");
    let with = |key: &'static str| {
        [
            ("SDEV_SECRET_TOKEN", "the-text"),
            ("SDEV_FINGERPRINT_KEY", key),
        ]
    };
    let (one, other) = (with("0123456789abcdef"), with("fedcba9876543210"));
    run(&sandbox, "deploy -y", &one).code(0);
    run(&sandbox, "plan --detailed-exitcode", &one).code(0);
    let plan = run(&sandbox, "plan --detailed-exitcode", &other).code(2);
    assert!(plan.stdout.contains("1 to adopt"), "{}", plan.stdout);
    assert!(!plan.stdout.contains("Changed outside"), "{}", plan.stdout);
    run(&sandbox, "deploy -y", &other).code(0);
    run(&sandbox, "plan --detailed-exitcode", &other).code(0);
    run(&sandbox, "plan", &with("short"))
        .code(1)
        .says("SDEV_FINGERPRINT_KEY");
}

#[test]
fn a_missing_secret_is_an_error_with_its_place_where_it_is_needed() {
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, "        X-Token: ${secret('TOKEN')}\n");
    for line in ["validate", "plan", "deploy -y"] {
        let ran = sandbox
            .run(line)
            .code(1)
            .says("SD0403")
            .says("s.yaml:12:20");
        assert!(
            ran.stderr.contains("sdev secret set TOKEN"),
            "{}",
            ran.stderr
        );
    }
    let preview = sandbox.run("preview").code(0).stdout;
    assert!(preview.contains("X-Token: ${secret('TOKEN')}"), "{preview}");
    let variables = [("SDEV_SECRET_TOKEN", "from-a-pipeline")];
    run(&sandbox, "deploy -y", &variables).code(0);
    let page = fetch(sandbox.port(), "web.test", "/", &[]);
    assert_eq!(page.header("x-token"), Some("from-a-pipeline"));
    // What is known no more is not needed for going away.
    sandbox.run("output").code(0);
    sandbox.run("remove -y").code(0);
}

#[test]
fn secrets_are_set_listed_and_deleted() {
    let sandbox = Sandbox::new();
    set(&sandbox, "secret set ONE", "text\r\n").code(0);
    set(&sandbox, "secret set ONE --env prod", "for prod").code(0);
    let variables = [("VALUE", "from a variable")];
    run(&sandbox, "secret set TWO --from-env VALUE", &variables).code(0);
    let listed = sandbox.run("secret list").code(0).stdout;
    let names: Vec<&str> = listed
        .lines()
        .map(|line| line.split("  ").next().unwrap())
        .collect();
    assert_eq!(names, ["ONE", "ONE", "TWO"]);
    assert!(
        listed
            .lines()
            .nth(1)
            .unwrap()
            .ends_with(" for environment `prod`"),
        "{listed}"
    );
    let json = sandbox
        .run("secret list --json --env dev")
        .object("secrets");
    assert_eq!(json["secrets"].as_array().unwrap().len(), 2);
    assert_eq!(json["secrets"][0]["environment"], serde_json::Value::Null);
    sandbox.run("secret delete ONE --env prod").code(0);
    sandbox
        .run("secret delete ONE --env prod")
        .code(1)
        .says("SD0403");
    sandbox.run("secret delete ONE").code(0);
    assert_eq!(sandbox.run("secret list").code(0).stdout.lines().count(), 1);
    sandbox.run("secret set THREE").code(1).says("SD1001");
    set(&sandbox, "secret set THREE", "\n")
        .code(1)
        .says("the value is empty");
    set(&sandbox, "secret set THREE", &"x".repeat(64 * 1024 + 1))
        .code(1)
        .says("larger than");
    set(&sandbox, "secret set 3", "x")
        .code(1)
        .says("`3` cannot be a secret's name");
    sandbox
        .run("secret set THREE --from-env NONE")
        .code(1)
        .says("`NONE`");
    // Never an argument, which other users of the machine can read.
    sandbox.run("secret set THREE value").code(1);
}

#[test]
fn an_environment_has_its_own_value() {
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, "        X-Token: ${secret('TOKEN')}\n");
    set(&sandbox, "secret set TOKEN", "for-all").code(0);
    set(&sandbox, "secret set TOKEN --env local", "for-local").code(0);
    sandbox.run("deploy -y").code(0);
    let page = fetch(sandbox.port(), "web.test", "/", &[]);
    assert_eq!(page.header("x-token"), Some("for-local"));
}

#[test]
fn a_passphrase_is_asked_of_nobody_and_taken_from_its_variable() {
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, "        X-Token: ${secret('TOKEN')}\n");
    let right = [("SDEV_PASSPHRASE", "correct horse"), ("VALUE", "the-text")];
    run(&sandbox, "secret set TOKEN --from-env VALUE", &right).code(0);
    assert!(!sandbox.home().join("secrets.key").exists());
    sandbox
        .run("plan")
        .code(1)
        .says("SD0404")
        .says("SDEV_PASSPHRASE");
    let wrong = [("SDEV_PASSPHRASE", "wrong"), ("VALUE", "x")];
    let plan = run(&sandbox, "plan", &wrong).code(1).says("SD0404");
    assert_silent(&plan, "plan", &["correct horse", "wrong\n"]);
    run(&sandbox, "secret set TOKEN --from-env VALUE", &wrong)
        .code(1)
        .says("SD0404");
    // What needs no text needs no passphrase.
    for line in ["validate", "preview", "secret list"] {
        sandbox.run(line).code(0);
    }
    run(&sandbox, "deploy -y", &right).code(0);
    let page = fetch(sandbox.port(), "web.test", "/", &[]);
    assert_eq!(page.header("x-token"), Some("the-text"));
    sandbox.run("remove -y").code(0);
}

#[test]
fn a_key_that_others_can_read_stops_everything() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new().with_cloud();
    site(&sandbox, "        X-Token: ${secret('TOKEN')}\n");
    set(&sandbox, "secret set TOKEN", "the-text").code(0);
    let key = sandbox.home().join("secrets.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    sandbox.run("plan").code(1).says("SD0406").says("chmod 600");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    sandbox.run("plan").code(0);
}

#[test]
fn a_secret_is_for_all_environments_unless_the_flag_names_one() {
    let sandbox = Sandbox::new();
    site(&sandbox, "        X-Token: ${secret('TOKEN')}\n");
    let cache = sandbox.work().join("../user/.s/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let default = r#"{"project": "shop", "default": "prod"}"#;
    std::fs::write(cache.join("default-env.json"), default).unwrap();
    set(&sandbox, "secret set TOKEN", "the-text").code(0);
    let json = sandbox.run("secret list --json").object("secrets");
    assert_eq!(json["secrets"][0]["environment"], serde_json::Value::Null);
}
