//! The original parser's answers, compared with ours where its recordings are at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::fixture::DEPLOY;
use super::{Action, Does, Environment, Manifest, Occasion, load, to_json};

/// Where the recordings are, when they are.
fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    path.is_dir().then_some(path)
}

struct Recorded {
    vars: BTreeMap<String, String>,
    credential: BTreeMap<String, String>,
    /// The names of variables that read `env-NAME`.
    invented: BTreeSet<String>,
}

impl Environment for Recorded {
    fn var(&self, name: &str) -> Option<String> {
        let invented = || self.invented.contains(name).then(|| format!("env-{name}"));
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
        invented: BTreeSet::new(),
    };
    let cases = recorded["cases"].as_array().unwrap();
    let (mut agree, mut differ) = (0, BTreeSet::new());
    for case in cases {
        let expression = case["expr"].as_str().unwrap();
        let path = folder.path().join("s.yaml");
        fs::write(&path, document(context, expression)).unwrap();
        let ours = match load(&path, DEPLOY, &environment) {
            Ok((manifest, _)) => manifest.blocks[0].props.get("result").map(to_json),
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
        "{agree} of {} expressions agree, different {differ:?}",
        cases.len()
    );
    let explained: BTreeSet<String> = DIFFERENT
        .iter()
        .map(|(expression, _)| (*expression).to_owned())
        .collect();
    assert_eq!(differ, explained);
    assert_eq!(agree + explained.len(), cases.len());
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

/// Whole files that the original resolves and we cannot compare, each with its reason.
const NOT_COMPARED: [(&str, &str); 6] = [
    (
        "Serverless-Devs__Serverless-Devs____tests____fixtures__preview__extend__huaqin__s",
        "its base file is not in the recordings",
    ),
    (
        "Serverless-Devs__Serverless-Devs____tests____fixtures__skip-actions__s",
        "its base file is not in the recordings",
    ),
    (
        "Serverless-Devs__toolkit__packages__engine____tests____mock__extend__extend",
        "its base file is not in the recordings",
    ),
    (
        "Serverless-Devs__toolkit__packages__engine____tests____mock__template__extend-and-project-extend",
        "its base file is not in the recordings",
    ),
    (
        "devsapp__start-flow-rag__src__s",
        "reads files that are not in the recordings",
    ),
    (
        "Serverless-Devs__toolkit__packages__engine____tests____mock__project",
        "its .env is not in the recordings",
    ),
];

#[test]
fn whole_manifests_agree() {
    let Some(corpus) = corpus() else {
        return;
    };
    let (mut agree, mut differ) = (0, BTreeSet::new());
    for entry in fs::read_dir(corpus.join("golden")).unwrap() {
        let golden = entry.unwrap().path();
        let name = golden.file_stem().unwrap().to_str().unwrap().to_owned();
        let recorded = read_json(&golden);
        let theirs = numbers(&recorded["content"]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c/s.yaml");
        let text =
            fs::read_to_string(corpus.join("manifests").join(format!("{name}.yaml"))).unwrap();
        make_neighbours(&path, &text);
        fs::write(&path, text).unwrap();
        match load(&path, DEPLOY, &recorded_for(&path)) {
            Ok((manifest, _))
                if same(&numbers(&to_json(&manifest.document)), &theirs)
                    && json!(manifest.order.concat()) == recorded["order"] =>
            {
                agree += 1;
            }
            Ok((manifest, _)) => {
                let ours = numbers(&to_json(&manifest.document));
                let place = difference(&ours, &theirs).unwrap_or_default();
                println!(
                    "{name}: {place}; order {:?}, theirs {}",
                    manifest.order, recorded["order"]
                );
                differ.insert(name);
            }
            Err(found) => {
                found.iter().for_each(|d| println!("{name}: {d}"));
                differ.insert(name);
            }
        }
    }
    println!("{agree} manifests agree, not compared: {differ:?}");
    let explained: BTreeSet<String> = NOT_COMPARED
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(differ, explained);
}

/// Makes something at each path that `path()` names: the recordings have it, and only its place counts.
fn make_neighbours(manifest: &Path, text: &str) {
    let folder = manifest.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    for call in text.split("path('").skip(1) {
        let named = call.split('\'').next().unwrap();
        fs::create_dir_all(folder.join(named)).unwrap();
    }
}

/// The world in which the golden files were made.
fn recorded_for(path: &Path) -> Recorded {
    let credential = [
        ("AccountID", "1234567890123456"),
        ("AccessKeyID", "LTAIfakefakefake"),
        ("AccessKeySecret", "fakefakefakefake"),
    ];
    // The original's own fixtures lie beside a file with this variable.
    let fixture = [("desc".to_owned(), "this_is_a_test".to_owned())];
    Recorded {
        vars: fixture.into(),
        credential: credential
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        invented: without_default(&fs::read_to_string(path).unwrap()),
    }
}

/// Recorded runs whose result differs, each with its reason.
const OTHERWISE: [(&str, &str); 13] = [
    (
        "ext.yaml",
        "resolved: a file sees the resources of its base, which the original does not look into",
    ),
    ("extA.yaml", "the same"),
    ("extB.yaml", "the same"),
    (
        "extF.yaml",
        "refused: a missing base would read as a wish to remove its resources",
    ),
    (
        "tmpl.yaml",
        "resolved: `this` in a template is the resource that extends it",
    ),
    ("tmplthis.yaml", "the same"),
    (
        "fwd.yaml",
        "a date stays text, where the original gives an empty map",
    ),
    ("nulls.yaml", "a date and binary data stay text"),
    (
        "fwd3.yaml",
        "resolved to the end, where the original leaves expressions",
    ),
    (
        "miss.yaml",
        "resolved to the end, where the original leaves expressions",
    ),
    (
        "self2.yaml",
        "resolved, where the original fails for its depth",
    ),
    (
        "self3.yaml",
        "resolved, where the original fails for its depth",
    ),
    (
        "self5.yaml",
        "resolved, where the original fails for its depth",
    ),
];

#[test]
fn recorded_runs_agree() {
    let Some(corpus) = corpus() else {
        return;
    };
    let runs = read_json(&corpus.join("oracle/expected.json"));
    let (mut agree, mut differ) = (0, BTreeSet::new());
    let runs = runs.as_array().unwrap();
    for run in runs {
        let name = run["file"].as_str().unwrap();
        let theirs = (run["ok"] == true && run["use3x"] == true).then(|| told(run));
        let ours = repeated(run, &corpus.join("oracle/manifests").join(name));
        if ours == theirs {
            agree += 1;
        } else {
            println!("{name}\n  ours   {ours:?}\n  theirs {theirs:?}");
            differ.insert(name.to_owned());
        }
    }
    println!("{agree} of {} runs agree, different {differ:?}", runs.len());
    let explained: BTreeSet<String> = OTHERWISE
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(differ, explained);
}

/// What we make of a recorded run, in the form of [`told`].
fn repeated(run: &Value, path: &Path) -> Option<Value> {
    let words = run["argv"].as_array().unwrap().iter();
    let words: Vec<&str> = words.map(|word| word.as_str().unwrap()).collect();
    let after = |flag| {
        let mut rest = words.iter().skip_while(|word| **word != flag);
        rest.nth(1).copied()
    };
    let is_removal = words.contains(&"remove");
    let occasion = Occasion {
        command: if is_removal { "remove" } else { "deploy" },
        environment: after("--env"),
        access: after("-a"),
    };
    let environment = Recorded {
        vars: BTreeMap::new(),
        credential: BTreeMap::new(),
        invented: BTreeSet::new(),
    };
    let (manifest, _) = load(path, occasion, &environment).ok()?;
    // A run may be for one resource alone.
    let only = run["projectName"].as_str();
    let mut steps = manifest.order.concat();
    steps.retain(|name| only.is_none_or(|only| only == name));
    let document = numbers(&to_json(&manifest.document));
    Some(json!([document, steps, actions(&manifest)]))
}

/// What a recorded run says of content, order and global actions.
fn told(run: &Value) -> Value {
    let steps: Vec<&Value> = run["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["projectName"])
        .collect();
    let actions: Vec<Value> = run["globalActions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| {
            let hook = action["hookType"]
                .as_str()
                .unwrap()
                .replace("post", "complete");
            json!([hook, action["value"], action.get("args")])
        })
        .collect();
    json!([numbers(&run["content"]), steps, numbers(&json!(actions))])
}

/// Our global actions in the form of [`told`].
fn actions(manifest: &Manifest) -> Value {
    let of = |action: &Action| {
        let hook = format!("{:?}", action.hook).to_lowercase();
        match &action.does {
            Does::Run { line, .. } => json!([hook, to_json(line), Value::Null]),
            Does::Plugin { name, arguments } => {
                json!([hook, name, arguments.as_ref().map(to_json)])
            }
            Does::Component { line } => json!([hook, line, Value::Null]),
        }
    };
    numbers(&manifest.actions.iter().map(of).collect())
}

/// The variables that a manifest reads without a default.
fn without_default(text: &str) -> BTreeSet<String> {
    let calls = text.split("${env(").skip(1);
    let arguments = calls.filter_map(|call| call.split_once(')').map(|(arguments, _)| arguments));
    let single = arguments.filter(|arguments| !arguments.contains(','));
    single
        .map(|name| name.trim_matches(['\'', '"', ' ']).to_owned())
        .collect()
}

/// The first place at which two values differ.
fn difference(ours: &Value, theirs: &Value) -> Option<String> {
    let below = |key: &str, ours: &Value, theirs: &Value| {
        difference(ours, theirs).map(|place| format!("{key}.{place}"))
    };
    match (ours, theirs) {
        _ if same(ours, theirs) => None,
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => a
            .iter()
            .find_map(|(key, ours)| below(key, ours, &theirs[key])),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(at, (ours, theirs))| below(&at.to_string(), ours, theirs))
        }
        _ => Some(format!(" {ours} is {theirs} there")),
    }
}

/// Whether two values are the same, where a recorded place on another machine is any absolute path.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::String(ours), Value::String(theirs))
            if theirs.starts_with("<ROOT>") || theirs.starts_with("<DIR>") =>
        {
            ours.starts_with('/')
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(ours, theirs)| same(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            let fits = |(key, value)| theirs.get(key).is_some_and(|other| same(value, other));
            ours.len() == theirs.len() && ours.iter().all(fits)
        }
        _ => ours == theirs,
    }
}
