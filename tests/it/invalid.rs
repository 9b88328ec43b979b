//! Bad input: each case in `tests/cases/invalid` is a manifest; what is said of it is a snapshot.

use crate::support::Sandbox;

#[test]
fn every_bad_manifest_is_explained() {
    insta::glob!("../cases/invalid", "*.yaml", |path| {
        let sandbox = Sandbox::new();
        sandbox
            .file("public/index.html", "x")
            .file("s.yaml", std::fs::read(path).unwrap());
        let ran = sandbox.run("validate").code(1);
        insta::assert_snapshot!(ran.stderr);
        let json = sandbox.run("validate --json").code(1);
        let diagnostic = json.object("diagnostic");
        assert!(
            diagnostic["code"].as_str().unwrap().starts_with("SD"),
            "{diagnostic}"
        );
    });
}

#[test]
fn a_missing_manifest_is_said_with_a_way_out() {
    Sandbox::new()
        .run("plan")
        .code(1)
        .says("SD0101")
        .says("sdev init");
    Sandbox::new()
        .run("plan -t other.yaml")
        .code(1)
        .says("SD0101")
        .says("other.yaml");
}

#[test]
fn links_that_lead_back_are_named() {
    let sandbox = Sandbox::new();
    crate::site::shop(&sandbox);
    std::os::unix::fs::symlink(
        sandbox.work().join("public"),
        sandbox.work().join("public/docs/up"),
    )
    .unwrap();
    sandbox
        .run("validate")
        .code(1)
        .says("SD0303")
        .says("docs/up");
}

#[test]
fn every_code_is_explained() {
    let sandbox = Sandbox::new();
    let codes = sandbox.run("explain").code(0).stdout;
    for line in codes.lines() {
        let code = line.split_whitespace().next().unwrap();
        let page = sandbox
            .run(&format!("explain {}", code.to_lowercase()))
            .code(0)
            .stdout;
        assert!(page.starts_with(&format!("# {code}")), "{page}");
    }
    sandbox.run("explain SD9999").code(1).says("SD1001");
}

#[test]
fn templates_are_listed_checked_and_never_overwrite() {
    let sandbox = Sandbox::new();
    let listed = sandbox.run("init --list").code(0).stdout;
    assert!(listed.contains("static-site"), "{listed}");
    sandbox
        .run("init static-sit shop")
        .code(1)
        .says("SD0901")
        .says("static-site");
    sandbox
        .run("init static-site shop --param name=No!")
        .code(1)
        .says("SD0901")
        .says("name");
    sandbox
        .run("init static-site No!")
        .code(1)
        .says("SD0901")
        .says("folder's name")
        .says("--param name=");
    sandbox
        .run("init static-site shop --param titel=Hello")
        .code(1)
        .says("title");
    sandbox.run("init static-site shop").code(0);
    sandbox.run("init static-site shop").code(1).says("SD0901");
}

#[test]
fn shells_get_their_completion() {
    let script = Sandbox::new().run("completion bash").code(0).stdout;
    assert!(script.contains("_sdev"));
}

#[test]
fn data_that_cannot_be_written_is_a_failure() {
    let sandbox = Sandbox::new();
    crate::site::shop(&sandbox);
    for line in [
        "completion bash",
        "preview",
        "explain --json",
        "validate --json",
        "--help",
        "--version",
    ] {
        let args: Vec<&str> = line.split(' ').collect();
        let mut command = sandbox.command(&args);
        command.stdout(std::fs::File::create("/dev/full").unwrap());
        sandbox.run_command(command).code(1).says("SD1003");

        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = sandbox.command(&args);
        command.stdout(writer);
        let ran = sandbox.run_command(command).code(0);
        assert_eq!(ran.stderr, "", "{line}");
    }
}

#[test]
fn a_secret_of_the_access_gets_into_no_property_and_no_preview() {
    let sandbox = Sandbox::new();
    let manifest = |property: &str| {
        format!(
            "edition: 3.0.0\nname: shop\nvars: {{ key: \"${{config('AccessKeySecret')}}\" }}\nresources:\n  site:\n    component: site\n    props: {{ source: ./public, {property} }}\n"
        )
    };
    sandbox.file("public/index.html", "x");
    for property in [
        "error: \"${vars.key}\"",
        "domain: \"${vars.key}\"",
        "cache: [{ match: a, control: \"a ${vars.key}\" }]",
        "ignore: [\"${config('SecurityToken')}\"]",
    ] {
        sandbox.file("s.yaml", manifest(property));
        let run = |line: &str| {
            let mut command = sandbox.command(&line.split(' ').collect::<Vec<_>>());
            command
                .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "AKID")
                .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "sEcReT-1")
                .env("ALIBABA_CLOUD_SECURITY_TOKEN", "sEcReT-2");
            sandbox.run_command(command)
        };
        for line in [
            "validate",
            "validate --json",
            "plan",
            "preview",
            "preview --json",
        ] {
            let wanted = i32::from(!line.starts_with("preview"));
            let ran = run(line).code(wanted);
            let all = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!all.contains("sEcReT"), "{line}: {all}");
            assert!(
                all.contains("${config('AccessKeySecret')}") || all.contains("SD0202"),
                "{all}"
            );
        }
    }
}
