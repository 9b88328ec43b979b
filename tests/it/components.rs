//! Components: their reference pages are fresh, real manifests are free of false errors, what cannot be deployed is planned.

use std::path::{Path, PathBuf};

use sdev::component;

use crate::support::Sandbox;

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/components")
}

/// `SDEV_BLESS=1 cargo test --test it components` writes the pages anew.
#[test]
fn the_reference_pages_are_fresh() {
    for name in component::names() {
        let page = component::page(component::schema(name).unwrap());
        let path = pages().join(format!("{name}.md"));
        if std::env::var_os("SDEV_BLESS").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            written,
            page,
            "{}: write it anew with SDEV_BLESS=1",
            path.display()
        );
    }
    let known = component::names().count();
    // And one that leads to them.
    assert_eq!(std::fs::read_dir(pages()).unwrap().count(), known + 1);
}

/// Real manifests, which the original parser accepts, in which we find an error; each with its reason.
const WRONG_INDEED: [(&str, &str); 10] = [
    (
        "AYann9__meeting-assistant__s.yaml",
        "no functionName and no runtime",
    ),
    ("John-CEO-HQ__qwen-memory-mcp__deploy__s.yaml", "no code"),
    ("Kopachelli__praxis__deploy__instance.s.yaml", "no runtime"),
    (
        "raymondzhang__sales-agent__deploy__s.yaml",
        "no functionName and no runtime",
    ),
    (
        "Serverless-Devs__Serverless-Devs__docs__zh__yaml_and_cli.md#0.yaml",
        "names of components with a slash, which the original refuses when it loads them",
    ),
    (
        "devsapp__start-flow-rag__src__s.yaml",
        "reads files that are not in the recordings",
    ),
    (
        "Serverless-Devs__Serverless-Devs____tests____fixtures__preview__extend__huaqin__s.yaml",
        "its base file is not in the recordings",
    ),
    (
        "Serverless-Devs__Serverless-Devs____tests____fixtures__skip-actions__s.yaml",
        "its base file is not in the recordings",
    ),
    (
        "Serverless-Devs__toolkit__packages__engine____tests____mock__extend__extend.yaml",
        "its base file is not in the recordings",
    ),
    (
        "Serverless-Devs__toolkit__packages__engine____tests____mock__template__extend-and-project-extend.yaml",
        "its base file is not in the recordings",
    ),
];

#[test]
fn no_real_manifest_is_wrongly_refused() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(table) = std::fs::read_to_string(corpus.join("manifests.tsv")) else {
        return;
    };
    let (mut checked, mut refused) = (0, std::collections::BTreeSet::new());
    for row in table.lines().skip(1) {
        let row: Vec<&str> = row.split('\t').collect();
        if row[8] != "ok" {
            continue;
        }
        checked += 1;
        let sandbox = Sandbox::new();
        let text = std::fs::read_to_string(corpus.join("manifests").join(row[0])).unwrap();
        for named in text.split("path(\'").skip(1) {
            let folder = sandbox.work().join(named.split('\'').next().unwrap());
            std::fs::create_dir_all(folder).unwrap();
        }
        sandbox.file("s.yaml", &text);
        let mut command = sandbox.command(&["validate", "--json"]);
        command
            .env("AccountID", "1234567890123456")
            .env("AccessKeyID", "LTAIfakefakefake")
            .env("AccessKeySecret", "fakefakefakefake");
        for call in text.split("${env(").skip(1) {
            let name = call.split(')').next().unwrap();
            if !name.contains(',') {
                command.env(name.trim_matches(['\'', '"', ' ']), "x");
            }
        }
        let ran = sandbox.run_command(command);
        assert!(ran.code == 0 || ran.code == 1, "{}: {}", row[0], ran.stderr);
        let errors: Vec<String> = ran
            .stdout
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|object| object["severity"] == "error")
            // The code of their functions is not in the recordings, and neither are the programs of their plugins.
            .filter(|object| object["code"] != "SD0210" && object["code"] != "SD1106")
            .map(|object| format!("{} {}", object["code"], object["detail"]))
            .collect();
        if !errors.is_empty() {
            println!("{}: {errors:#?}", row[0]);
            refused.insert(row[0].to_owned());
        }
    }
    println!("{checked} real manifests, refused: {refused:?}");
    let explained = WRONG_INDEED.iter().map(|(name, _)| (*name).to_owned());
    assert_eq!(refused, explained.collect());
}

#[test]
fn what_cannot_be_deployed_yet_is_planned_and_refused_with_its_place() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file("public/index.html", "x").file(
        "s.yaml",
        "edition: 3.0.0\nname: shop\naccess: local\nresources:\n  site: { component: site, props: { source: ./public } }\n  api:\n    component: rds\n    props: { region: cn-shanghai, name: api, database: \"${resources.site.output.url}\" }\n",
    );
    sandbox.run("validate").code(0);
    let plan = sandbox.run("plan").code(0);
    assert!(plan.stdout.contains("+ api  rds"), "{}", plan.stdout);
    assert!(plan.stderr.contains("SD0114"), "{}", plan.stderr);
    let refused = sandbox
        .run("deploy -y")
        .code(1)
        .says("SD0114")
        .says("s.yaml:7:16");
    assert!(!refused.stdout.contains("Creat"), "{}", refused.stdout);
    sandbox.run("output").code(0);
    sandbox.file(
        "s.yaml",
        "edition: 3.0.0\nname: shop\naccess: local\nresources:\n  site: { component: site, props: { source: ./public } }\n",
    );
    sandbox.run("deploy -y").code(0);
    sandbox.run("remove -y").code(0);
}

#[test]
fn schemas_are_printed() {
    let sandbox = Sandbox::new();
    let schema = sandbox.run("schema fc3").code(0).stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert!(schema["properties"]["timeout"].is_object());
    let whole = sandbox.run("schema").code(0).stdout;
    let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert!(whole["properties"]["resources"].is_object());
    sandbox.run("schema fc33").code(1).says("fc3");
}
