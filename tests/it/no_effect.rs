//! Settings without effect in the local cloud: told once, when a deploy sets them.

use crate::support::{FUNCTION, Sandbox};

/// Further properties of the function.
const PROPERTIES: &str = "      internetAccess: false
      layers:
        - acs:fc:cn-hangzhou:official:layers/Python310/versions/2
        - acs:fc:cn-hangzhou:official:layers/Python3-Flask2x/versions/2
      vpcConfig: { vpcId: vpc-1, vSwitchIds: [vsw-1], securityGroupId: sg-1 }
      triggers:
        - triggerName: stream
          triggerType: tablestore
          sourceArn: acs:ots:cn-hangzhou:1:instance/i/table/t
          triggerConfig: {}
";

fn manifest() -> String {
    [FUNCTION, PROPERTIES].concat()
}

const WORDS: &str = "no effect in the local cloud, of `api`: internetAccess: false, layer Python3-Flask2x, which is empty there, trigger stream (tablestore), which does not fire, vpcConfig";

#[test]
fn settings_without_effect_are_told_when_they_are_set_and_not_again() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file("s.yaml", manifest())
        .file("code/index.py", "def handler(event, context): return 1\n");
    let plan = sandbox.run("plan").code(0);
    assert!(plan.stderr.contains(WORDS), "{}", plan.stderr);
    let deploy = sandbox.run("deploy -y --json").code(0);
    let told = deploy.object("diagnostic");
    assert_eq!(
        (&told["code"], &told["detail"]),
        (&"SD0141".into(), &WORDS.into())
    );

    let again = sandbox.run("deploy -y").code(0);
    assert!(!again.stderr.contains("SD0141"), "{}", again.stderr);
    sandbox.file("code/index.py", "def handler(event, context): return 2\n");
    let code = sandbox.run("deploy -y").code(0);
    assert!(!code.stderr.contains("SD0141"), "{}", code.stderr);

    let more = manifest().replace(
        "      triggers:",
        "      customDNS: { nameServers: [10.0.0.1] }\n      triggers:",
    );
    sandbox.file("s.yaml", more);
    let more = sandbox.run("plan").code(0);
    let words = "no effect in the local cloud, of `api`: customDNS\n";
    assert!(more.stderr.contains(words), "{}", more.stderr);
}

/// Demands that commands say nothing of what was left out.
fn assert_silent(sandbox: &Sandbox, commands: &[&str]) {
    for command in commands {
        let ran = sandbox.run(command).code(0);
        assert!(!ran.stderr.contains("SD0141"), "{command}: {}", ran.stderr);
    }
}

#[test]
fn what_is_left_out_is_told_when_the_function_is_made_and_not_again() {
    let sandbox = Sandbox::new().with_cloud();
    let auto = [FUNCTION, "      logConfig: auto\n"].concat();
    sandbox
        .file("s.yaml", &auto)
        .file("code/index.py", "def handler(event, context): return 1\n");
    let words = "`resources.api.props.logConfig` is left out";
    for command in ["validate", "plan", "deploy -y"] {
        sandbox.run(command).code(0).says("SD0141").says(words);
    }
    let again = ["plan", "info", "invoke api", "logs api", "deploy -y"];
    assert_silent(&sandbox, &again);
    sandbox.file("code/index.py", "def handler(event, context): return 2\n");
    assert_silent(&sandbox, &["plan", "deploy -y"]);
    // What was written out and is left out now is a change.
    let stated = "      logConfig: { project: p, logstore: l }\n";
    sandbox.file("s.yaml", [FUNCTION, stated].concat());
    sandbox.run("deploy -y").code(0);
    sandbox.file("s.yaml", &auto);
    sandbox.run("deploy -y").code(0).says(words);
    assert_silent(&sandbox, &["deploy -y"]);
}
