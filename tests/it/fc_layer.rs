//! Layers through the real binary: by hand, and as folders that functions name.

use std::io::Read as _;

use serde_json::{Value as Json, json};

use crate::crash::killed_at;
use crate::support::Sandbox;

const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  api:
    component: function
    props:
      code: ./code
      layers: [./layer]
";

const CODE: &str = "\
import words
def handler(event, context):
    return words.WORD
";

fn word(word: &str) -> String {
    format!("WORD = '{word}'\n")
}

/// A function whose layer says `one`, not deployed yet.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file("s.yaml", MANIFEST)
        .file("code/index.py", CODE)
        .file("layer/python/words.py", word("one"));
    sandbox
}

fn says(sandbox: &Sandbox) -> String {
    let called = sandbox.run("invoke api").code(0);
    called.stdout.trim_end().to_owned()
}

/// The versions of a layer, the newest first.
fn versions(sandbox: &Sandbox, layer: &str) -> Vec<u64> {
    let listed = sandbox.run(&format!("layer versions --layer-name {layer} --json"));
    let listed = listed.code(0).object("layer_versions")["versions"].clone();
    let versions = listed.as_array().unwrap().iter();
    versions.map(|v| v["version"].as_u64().unwrap()).collect()
}

/// What a plan does to each resource.
fn steps(sandbox: &Sandbox) -> Vec<(String, String)> {
    let plan = sandbox.run("plan --json").code(0).object("plan");
    let steps = plan["steps"].as_array().unwrap().iter();
    let text = |step: &Json, name: &str| step[name].as_str().unwrap().to_owned();
    let pair = |step| (text(step, "id"), text(step, "action"));
    steps.map(pair).collect()
}

fn step(id: &str, action: &str) -> (String, String) {
    (id.to_owned(), action.to_owned())
}

const PUBLISH: &str =
    "layer publish --layer-name words --code ./layer --compatible-runtime python3.10,python3.12";

/// Two versions of the layer `words`: the first says `one`, the second `two`.
fn published() -> Sandbox {
    let sandbox = shop();
    let first = format!("{PUBLISH} --description first");
    let first = sandbox.run(&first).code(0).stdout;
    assert!(
        first.trim_end().ends_with(":layers/words/versions/1"),
        "{first}"
    );
    sandbox.file("layer/python/words.py", word("two"));
    let second = sandbox.run(&format!("{PUBLISH} --json")).code(0);
    assert_eq!(second.object("layer_published")["published"]["version"], 2);
    sandbox
}

#[test]
fn layers_are_published_and_listed_by_hand() {
    let sandbox = shop();
    sandbox.run("layer list").code(0).says("There is no layer");
    let none = sandbox.run("layer info --layer-name words").code(1);
    none.says("there is no layer `words`")
        .says("sdev layer list");
    let nowhere = sandbox.run("layer publish --layer-name words --code ./nowhere");
    nowhere.code(1).says("SD0210").says("from this folder");
    drop(sandbox);

    let sandbox = published();
    assert_eq!(versions(&sandbox, "words"), [2, 1]);
    let shown = sandbox.run("layer info --layer-name words --version-id 1 --json");
    let shown = shown.code(0).object("layer_version")["layer"].clone();
    assert_eq!(shown["description"], "first");
    assert_eq!(
        shown["compatibleRuntime"],
        json!(["python3.10", "python3.12"])
    );
    // The address opens the code to whoever has it.
    assert_eq!(shown["code"], Json::Null);
    let listed = sandbox.run("layer list --prefix wo").code(0).stdout;
    let row: Vec<&str> = listed.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(
        row[..4],
        ["words", "2", "python3.10,", "python3.12"],
        "{listed}"
    );
    sandbox
        .run("layer list --prefix x")
        .code(0)
        .says("no layer");
}

#[test]
fn a_version_of_a_layer_is_fetched_whole_and_over_no_other_file() {
    let sandbox = published();
    let download = "layer download --layer-name words --version-id 1";
    assert_eq!(sandbox.run(download).code(0).stdout, "words-1.zip\n");
    let zip = std::fs::File::open(sandbox.work().join("words-1.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(zip).unwrap();
    let mut text = String::new();
    let mut file = zip.by_name("python/words.py").unwrap();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, word("one"));
    let again = sandbox.run(download).code(1);
    again.says("`words-1.zip` is there already").says("--to");
    let nowhere = format!("{download} --to s.yaml/words.zip");
    sandbox.run(&nowhere).code(1).says("SD1003");
}

#[test]
fn a_layer_is_opened_closed_and_removed_by_hand() {
    let sandbox = published();
    let open = "layer acl --layer-name words --public --json";
    let opened = sandbox.run(open).code(0).object("layer_acl");
    assert_eq!(opened["public"], true);
    let all = sandbox.run("layer list --public --json").code(0);
    assert_eq!(all.object("layers")["layers"][0]["acl"], "1");
    let closed = sandbox.run("layer acl --layer-name words").code(0);
    closed.says("Only this account");
    sandbox.run("layer list --public").code(0).says("no layer");

    let remove = |more: &str| sandbox.run(&format!("layer remove --layer-name words {more}"));
    remove("--version-id 9 -y")
        .code(1)
        .says("no version 9")
        .says("its versions: 1, 2");
    remove("").code(1).says("SD1002");
    remove("--version-id latest -y")
        .code(0)
        .says("Removed version 2");
    assert_eq!(versions(&sandbox, "words"), [1]);
    remove("-y").code(0);
    let gone = sandbox.run("layer versions --layer-name words").code(1);
    gone.says("no layer `words`");
}

#[test]
fn a_folder_is_a_layer_whose_content_makes_its_versions() {
    let sandbox = shop();
    assert_eq!(
        steps(&sandbox),
        [
            step("api.layer[layer]", "create"),
            step("api.function", "create")
        ]
    );
    sandbox.run("deploy -y").code(0);
    assert_eq!(says(&sandbox), "one");
    sandbox.run("plan --detailed-exitcode").code(0);

    // Code alone changes: the layer is left alone.
    sandbox.file(
        "code/index.py",
        CODE.replace("words.WORD", "words.WORD + '!'"),
    );
    assert_eq!(steps(&sandbox), [step("api.function", "update")]);
    sandbox.run("deploy -y").code(0);
    assert_eq!(versions(&sandbox, "shop-api-layer"), [1]);

    // The layer changes: the function follows, and the plan says that it is told which later.
    sandbox.file("layer/python/words.py", word("two"));
    assert_eq!(
        steps(&sandbox),
        [
            step("api.layer[layer]", "update"),
            step("api.function", "update")
        ]
    );
    let plan = sandbox.run("plan --diff").code(0).stdout;
    assert!(plan.contains("(known after the deploy)"), "{plan}");
    assert!(plan.contains("WORD = 'two'"), "{plan}");
    sandbox.run("deploy -y").code(0);
    assert_eq!(says(&sandbox), "two!");
    assert_eq!(versions(&sandbox, "shop-api-layer"), [2, 1]);
    sandbox.run("plan --detailed-exitcode").code(0);

    // The same files written anew are the same layer.
    sandbox.file("layer/python/words.py", word("two"));
    sandbox.run("plan --detailed-exitcode").code(0);

    sandbox.run("remove -y").code(0);
    let gone = sandbox.run("layer versions --layer-name shop-api-layer");
    gone.code(1).says("there is no layer");
}

#[test]
fn an_arn_is_taken_as_it_is_beside_a_folder() {
    let sandbox = shop();
    let more = "layer publish --layer-name more --code ./more --compatible-runtime python3.12";
    sandbox.file("more/python/more.py", "MORE = 'more'\n");
    let arn = sandbox.run(more).code(0).stdout.trim_end().to_owned();
    let layers = format!("layers: [{arn}, ./layer]");
    sandbox
        .file("s.yaml", MANIFEST.replace("layers: [./layer]", &layers))
        .file(
            "code/index.py",
            "import more, words\ndef handler(event, context):\n    return more.MORE + words.WORD\n",
        );
    sandbox.run("deploy -y").code(0);
    assert_eq!(says(&sandbox), "moreone");
    sandbox.run("plan --detailed-exitcode").code(0);

    // Without its folder the function has the other alone, and the folder's layer goes.
    let layers = format!("layers: [{arn}]");
    sandbox
        .file("s.yaml", MANIFEST.replace("layers: [./layer]", &layers))
        .file(
            "code/index.py",
            "import more\ndef handler(event, context):\n    return more.MORE\n",
        );
    sandbox.run("deploy -y").code(0);
    assert_eq!(says(&sandbox), "more");
    sandbox
        .run("layer versions --layer-name shop-api-layer")
        .code(1);
    assert_eq!(versions(&sandbox, "more"), [1]);
}

#[test]
fn what_is_no_layer_is_said_with_its_place() {
    let sandbox = shop();
    for (layers, words) in [
        ("[./missing]", "does not exist"),
        ("[./layer, layer]", "two layers of `api` are called `layer`"),
        ("['./']", "a folder with a name"),
    ] {
        let layers = format!("layers: {layers}");
        sandbox.file("s.yaml", MANIFEST.replace("layers: [./layer]", &layers));
        let refused = sandbox.run("validate").code(1);
        refused.says(words).says("s.yaml:9:");
    }
}

#[test]
fn a_version_removed_by_hand_is_published_anew() {
    let sandbox = shop();
    sandbox.run("deploy -y").code(0);
    let remove = "layer remove --layer-name shop-api-layer --version-id 1 -y";
    sandbox.run(remove).code(0);
    assert_eq!(
        steps(&sandbox),
        [
            step("api.layer[layer]", "create"),
            step("api.function", "update")
        ]
    );
    sandbox.run("deploy -y").code(0);
    assert_eq!(versions(&sandbox, "shop-api-layer"), [2]);
    assert_eq!(says(&sandbox), "one");
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn a_layer_of_somebody_else_is_left_alone() {
    let sandbox = shop();
    let publish = "layer publish --layer-name shop-api-layer --code ./layer";
    sandbox.run(publish).code(0);
    sandbox.run("deploy -y").code(1).says("SD0602");
    assert_eq!(versions(&sandbox, "shop-api-layer"), [1]);
    sandbox.run("deploy -y --adopt").code(0);
    assert_eq!(versions(&sandbox, "shop-api-layer"), [2, 1]);
    // What was there before stays.
    sandbox.run("remove -y").code(0);
    assert_eq!(versions(&sandbox, "shop-api-layer"), [1]);
}

#[test]
fn a_deploy_killed_at_any_journaled_point_publishes_each_content_once() {
    for point in 1.. {
        let sandbox = shop();
        sandbox.run("deploy -y").code(0);
        sandbox.file("layer/python/words.py", word("two"));
        let killed = killed_at(&sandbox, &["deploy", "-y"], point);
        sandbox.run("deploy -y").code(0);
        assert_eq!(versions(&sandbox, "shop-api-layer"), [2, 1], "{point}");
        assert_eq!(says(&sandbox), "two", "killed at {point}");
        sandbox.run("plan --detailed-exitcode").code(0);
        if !killed {
            break;
        }
    }
}

/// Bytes that no packer makes less of.
fn incompressible(megabytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = vec![0; megabytes * 1024 * 1024];
    for word in bytes.chunks_exact_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        word.copy_from_slice(&state.to_le_bytes());
    }
    bytes
}

/// What does not fit into a request goes through the bucket that the service lends.
#[test]
fn a_layer_too_large_for_a_request_is_deployed() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file(
            "code/index.py",
            "import os\ndef handler(e, c):\n    return str(os.path.getsize('/opt/x') >> 20)\n",
        )
        .file("layer/x", incompressible(80))
        .file(
            "s.yaml",
            "edition: 3.0.0\nname: large\naccess: local\nresources:\n  api:\n    component: function\n    props: { code: ./code, layers: [./layer], timeout: 60 }\n",
        );
    sandbox.run("deploy -y").code(0);
    assert!(sandbox.run("invoke api").code(0).stdout.contains("80"));
    let plan = sandbox.run("plan").code(0);
    assert!(plan.stdout.contains("No changes"), "{}", plan.stdout);
}
