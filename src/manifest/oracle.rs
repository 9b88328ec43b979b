//! The original parser's answers, compared with ours where its recordings are at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Environment, load, to_json};
use crate::diagnostic::{Diagnostics, code};

/// Where the recordings are, when they are.
fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    path.is_dir().then_some(path)
}

struct Recorded {
    vars: BTreeMap<String, String>,
    credential: BTreeMap<String, String>,
    /// Whether variables that are not set read `env-NAME`.
    invents: bool,
}

impl Environment for Recorded {
    fn var(&self, name: &str) -> Option<String> {
        let invented = || self.invents.then(|| format!("env-{name}"));
        self.vars.get(name).cloned().or_else(invented)
    }

    fn credential(&self, key: &str) -> Option<String> {
        self.credential.get(key).cloned()
    }
}

fn words(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().unwrap().iter();
    entries
        .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
        .collect()
}

fn read_json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn mentions_unsupported(found: &Diagnostics) -> bool {
    found.iter().any(|d| d.code == code::NOT_SUPPORTED_YET)
}

/// Expressions on which we differ, each with its reason.
const DIFFERENT: [(&str, &str); 8] = [
    (
        "${vars.deep1}",
        "resolved to the end, where the original stops after two passes",
    ),
    (
        "${yaml(file('y.txt'))}",
        "expressions inside are resolved at once, as the original does before it deploys",
    ),
    (
        "${vars}",
        "nulls are dropped and values resolved, as everywhere",
    ),
    ("${env.init('NUM')}", "an error in place of NaN"),
    ("${aliyun-cli}", "an error in place of NaN"),
    (
        "${resources.nope.output.url}",
        "an unknown resource is reported before the deploy",
    ),
    ("${1+1}", "no arithmetic"),
    ("<%= 1+1 %>", "no JavaScript"),
];

#[test]
fn single_expressions_agree() {
    let Some(corpus) = corpus() else {
        return;
    };
    let recorded = read_json(&corpus.join("oracle/expressions.json"));
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in words(&recorded["files"]) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let context = &recorded["context"];
    let environment = Recorded {
        vars: words(&recorded["env"]),
        credential: words(&context["credential"]),
        invents: false,
    };
    let cases = recorded["cases"].as_array().unwrap();
    let (mut agree, mut differ, mut unsupported) = (0, BTreeSet::new(), BTreeSet::new());
    for case in cases {
        let expression = case["expr"].as_str().unwrap();
        let path = folder.path().join("s.yaml");
        fs::write(&path, document(context, expression)).unwrap();
        let ours = match load(&path, &environment) {
            Ok((manifest, _)) => manifest.blocks[0].props.get("result").map(to_json),
            Err(found) if mentions_unsupported(&found) => {
                unsupported.insert(expression.to_owned());
                continue;
            }
            Err(_) => None,
        };
        let theirs = case["ok"].as_bool().unwrap().then(|| case["value"].clone());
        if ours.map(|ours| hide(&ours, folder.path())) == theirs.map(|theirs| numbers(&theirs)) {
            agree += 1;
        } else {
            differ.insert(expression.to_owned());
        }
    }
    println!(
        "{agree} of {}; unsupported {unsupported:?}; different {differ:?}",
        cases.len()
    );
    let explained: BTreeSet<String> = DIFFERENT
        .iter()
        .map(|(expression, _)| (*expression).to_owned())
        .collect();
    assert_eq!(differ, explained);
    assert_eq!(agree + unsupported.len() + explained.len(), cases.len());
}

/// A manifest with the recording's context, and the expression as a property.
fn document(context: &Value, expression: &str) -> String {
    let mut props = context["that"]["props"].as_object().unwrap().clone();
    props.extend(
        context["resources"]["a"]["props"]
            .as_object()
            .unwrap()
            .clone(),
    );
    props.insert("result".to_owned(), json!(expression));
    json!({
        "edition": "3.0.0",
        "access": context["that"]["access"],
        "vars": context["vars"],
        "resources": {
            "a": { "component": context["that"]["component"], "props": props },
            "my-res": { "component": "fc3", "props": context["resources"]["my-res"]["props"] },
        },
    })
    .to_string()
}

/// Our value with the folder's name as the recordings write it.
fn hide(value: &Value, folder: &Path) -> Value {
    let text = numbers(value).to_string();
    let parent = folder.parent().unwrap();
    let text = text.replace(folder.to_str().unwrap(), "<CWD>");
    let text = text.replace(&format!("\"{}/\"", parent.display()), "\"<CWD>/../\"");
    serde_json::from_str(&text).unwrap()
}

/// All numbers as doubles, which is all that the original has.
fn numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(numbers).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), numbers(value)))
            .collect(),
        other => other.clone(),
    }
}
