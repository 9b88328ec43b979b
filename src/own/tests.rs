//! What is read from `sdev`, what is wrong with it, and which manifests break their policies.

use super::*;
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::manifest::{Environment, Manifest, Occasion, load_source};

struct Nothing;

impl Environment for Nothing {
    fn var(&self, _: &str) -> Option<String> {
        None
    }

    fn credential(&self, _: &str) -> Option<String> {
        None
    }

    fn secret(&self, source: &str) -> Result<Option<String>, Diagnostic> {
        Ok((source == "secret:TOKEN").then(String::new))
    }
}

const BLOCKS: &str = "resources:
  web: {component: site, props: {source: ., region: cn-beijing, tags: [a, b]}}
  api:
    component: fc3@0.0.1
    props:
      memorySize: 512
      name: acme-api
      url: '${resources.web.output.url}'
      triggers: [{type: http, auth: anonymous}, {type: oss}]
";

fn manifest(own: &str) -> Manifest {
    let text = format!("edition: 3.0.0\nsdev:\n{own}{BLOCKS}");
    let source = Source::new("s.yaml", text);
    let occasion = Occasion {
        command: "deploy",
        environment: None,
        access: None,
    };
    load_source(&source, occasion, &Nothing).unwrap().0
}

fn read_all(own: &str) -> (Own, Manifest, Diagnostics) {
    let manifest = manifest(own);
    let mut diagnostics = Diagnostics::new();
    let read = read(&manifest, &["site", "fc3"], &mut diagnostics);
    (read, manifest, diagnostics)
}

/// Code, place, detail and hints of all that is wrong.
fn wrong(own: &str) -> Vec<String> {
    told(&read_all(own).2)
}

fn told(diagnostics: &Diagnostics) -> Vec<String> {
    let line = |d: &Diagnostic| {
        let (line, column) = d.at.as_ref().unwrap().line_column();
        format!(
            "{} {line}:{column} {} {}",
            d.code,
            d.detail,
            d.hints.join(" ")
        )
        .trim_end()
        .to_owned()
    };
    diagnostics.sorted().into_iter().map(line).collect()
}

/// What breaks this policy in the environment `test`.
fn broken(policy: &str) -> Vec<String> {
    let (own, manifest, diagnostics) =
        read_all(&format!("  policies:\n    - {{name: p, {policy}}}\n"));
    assert_eq!(told(&diagnostics), [""; 0]);
    let mut diagnostics = Diagnostics::new();
    own.check(&manifest, "test", &mut diagnostics);
    told(&diagnostics)
        .iter()
        .map(|line| line.replace("SD0128 ", ""))
        .collect()
}

#[test]
fn everything_is_read() {
    let text = "  state: {bucket: acme-states, prefix: /team/a/, region: cn-hangzhou}
  protect: [web]
  moved: {old: api, older: old}
  secrets: [DB_PASSWORD]
  policies:
    - {name: few, level: warning, environment: 'prod*', plan: {deletes: 0, replaces: '2'}}
";
    let (own, _, diagnostics) = read_all(text);
    assert_eq!(told(&diagnostics), [""; 0]);
    let bucket = Storage::Bucket {
        bucket: "acme-states".into(),
        prefix: "team/a".into(),
        region: Some("cn-hangzhou".into()),
    };
    assert_eq!(own.storage, bucket);
    assert_eq!(own.protect[0].name, "web");
    let moves: Vec<_> = own.moved.iter().map(|m| (&*m.from, &*m.to)).collect();
    assert_eq!(moves, [("old", "api"), ("older", "api")]);
    assert_eq!(own.secrets, ["DB_PASSWORD"]);
    let policy = &own.policies[0];
    assert!(policy.is_for("production") && !policy.is_for("test"));
    let limit = Limit {
        deletes: Some(0),
        replaces: Some(2),
    };
    assert!(matches!(policy.rule, Rule::Plan(found) if found == limit));
}

#[test]
fn an_absent_key_asks_for_nothing() {
    let (own, _, diagnostics) = read_all("  x: 1\n");
    assert_eq!(own.storage, Storage::Beside);
    assert_eq!(diagnostics.iter().count(), 1);
}

#[test]
fn unknown_keys_are_errors_with_the_nearest_name() {
    let text = "  protected: [web]
  state: {folder: a, prefx: b}
  policies:
    - {name: p, property: region, one_off: [a], equals: a}
    - {name: p, plan: {delete: 1, replaces: 1}}
";
    assert_eq!(
        wrong(text),
        [
            "SD0126 3:3 `sdev` has no key `protected` did you mean `protect`?",
            "SD0126 4:22 `sdev.state` has no key `prefx` did you mean `prefix`?",
            "SD0126 6:35 `sdev.policies[0]` has no key `one_off` did you mean `one_of`?",
            "SD0126 7:24 `sdev.policies[1].plan` has no key `delete` did you mean `deletes`?",
        ]
    );
}

#[test]
fn a_state_is_in_one_place() {
    assert_eq!(
        wrong("  state: {folder: a, bucket: abc}\n"),
        ["SD0127 3:30 `sdev.state` names a `folder` and a `bucket`, and a state is in one place"]
    );
    assert_eq!(
        wrong("  state: {}\n"),
        ["SD0127 3:10 `sdev.state` needs the key `folder` or `bucket`"]
    );
    assert_eq!(
        wrong("  state: {folder: a, region: r}\n"),
        ["SD0127 3:22 `sdev.state.region` means something only with `bucket`"]
    );
    assert_eq!(
        wrong("  state: {bucket: A_b, prefix: a//b}\n"),
        [
            "SD0127 3:19 `sdev.state.bucket` must be a bucket's name (a bucket name holds only lower-case letters, digits and hyphens), and is the text `A_b`",
            "SD0127 3:32 `sdev.state.prefix` must be names with single slashes between them, such as `states/team`, and is the text `a//b`",
        ]
    );
    assert_eq!(
        wrong("  state: bucket\n"),
        ["SD0127 3:10 `sdev.state` must be a map, and is the text `bucket`"]
    );
    assert_eq!(
        wrong("  state: {folder: '${resources.web.output.url}'}\n"),
        [
            "SD0127 3:20 `sdev.state.folder` must be known before the deploy, so it cannot hold an output"
        ]
    );
}

#[test]
fn protection_and_moves_name_resources() {
    assert_eq!(
        wrong("  protect: [wbe, 5]\n"),
        [
            "SD0127 3:13 `sdev.protect` names `wbe`, which is no resource of this manifest did you mean `web`?",
            "SD0127 3:18 `sdev.protect[1]` must be a text that is not empty, and is the number 5",
        ]
    );
    assert_eq!(
        wrong("  moved: {web: api, a: ap, b: c, c: b, d: d, e: [x]}\n"),
        [
            "SD0129 3:11 `web` is still a resource of this manifest rename the resource, or delete the line of the move",
            "SD0129 3:21 `a` moves to `ap`, which is no resource of this manifest did you mean `api`?",
            "SD0129 3:28 the moves of `b` lead back to where they began",
            "SD0129 3:34 the moves of `c` lead back to where they began",
            "SD0129 3:40 the moves of `d` lead back to where they began",
            "SD0127 3:49 `sdev.moved.e` must be the new name of a resource, and is a list",
        ]
    );
}

#[test]
fn a_policy_says_one_thing() {
    let one = |policy: &str| wrong(&format!("  policies: [{policy}]\n")).join("; ");
    let cases = [
        ("{property: a, equals: 1}", "needs the key `name`"),
        ("{name: p, equals: 1}", "needs the key `property` or `plan`"),
        ("{name: p, property: a}", "demands nothing add one of"),
        ("{name: p, property: a, required: false}", "demands nothing"),
        (
            "{name: p, property: a, equals: 1, not: 2}",
            "states `equals` and `not`",
        ),
        (
            "{name: p, property: a, forbidden: true, required: true}",
            "neither required nor optional",
        ),
        ("{name: p, property: a, forbidden: 1}", "true or false"),
        ("{name: p, property: a, at_most: many}", "must be a number"),
        ("{name: p, property: a, matches: '[a'}", "must be a glob"),
        ("{name: p, property: a, one_of: a}", "must be a list"),
        ("{name: p, property: a..b, equals: 1}", "single dots"),
        (
            "{name: p, property: props.a, equals: 1}",
            "begins below `props`: `a`",
        ),
        (
            "{name: p, property: a, equals: 1, level: warn}",
            "`error` or `warning`",
        ),
        (
            "{name: p, for: fc, property: a, equals: 1}",
            "names `fc`, which is no component did you mean `fc3`?",
        ),
        (
            "{name: p, plan: {}}",
            "needs the key `deletes` or `replaces`",
        ),
        ("{name: p, plan: {deletes: -1}}", "whole number from 0"),
        (
            "{name: p, for: site, plan: {deletes: 1}}",
            "`for` is about a property",
        ),
        ("p", "must be a map"),
    ];
    for (policy, words) in cases {
        let found = one(policy);
        assert!(found.contains(words), "{policy}: {found}");
    }
}

#[test]
fn each_condition_holds_where_it_should() {
    for kept in [
        "for: site, property: region, one_of: [cn-hangzhou, cn-beijing]",
        "for: site, property: tags, equals: [a, b]",
        "for: fc3, property: memorySize, equals: 512.0",
        "for: fc3, property: memorySize, at_least: 512",
        "for: fc3, property: memorySize, at_most: '512'",
        "for: fc3, property: name, matches: 'acme-*'",
        "resource: api, property: triggers.*.type, required: true",
        "for: fc3, property: url, required: true",
        "for: fc3, property: region, not: cn-beijing",
        "for: fc3, property: timeout, at_most: 60, required: false",
        "for: '*', property: vpc, forbidden: true",
        "for: site, property: triggers.*.auth, equals: function",
        "property: region, equals: x, environment: 'prod*'",
    ] {
        assert_eq!(broken(kept), [""; 0], "{kept}");
    }
    let all = |policies: &[&str]| -> Vec<String> {
        policies.iter().flat_map(|policy| broken(policy)).collect()
    };
    let found = all(&[
        "for: site, property: region, one_of: [cn-hangzhou]",
        "for: site, property: tags, not: [a, b]",
        "for: fc3, property: memorySize, at_most: 256",
        "for: fc3, property: memorySize, at_least: 1024.5",
        "for: fc3, property: name, matches: 'web-*'",
        "for: fc3, property: name, forbidden: true",
        "property: region, equals: cn-beijing",
        "for: fc3, property: triggers.*.auth, not: anonymous",
        "for: fc3, property: triggers.*.auth, required: true",
        "for: fc3, property: triggers.5.auth, required: true",
        "for: fc3, property: url, matches: 'https*'",
        "for: fc3, property: url.host, required: false, equals: x",
    ]);
    assert_eq!(
        found,
        [
            "6:53 policy `p`: `resources.web.props.region` must be one of `cn-hangzhou`, and is `cn-beijing`",
            "6:71 policy `p`: `resources.web.props.tags` must not be `[\"a\",\"b\"]`",
            "10:19 policy `p`: `resources.api.props.memorySize` must be at most 256, and is `512`",
            "10:19 policy `p`: `resources.api.props.memorySize` must be at least 1024.5, and is `512`",
            "11:13 policy `p`: `resources.api.props.name` must match `web-*`, and is `acme-api`",
            "11:13 policy `p`: `resources.api.props.name` must not be there",
            "7:3 policy `p`: `resources.api.props.region` must be `cn-beijing`, and is absent",
            "13:37 policy `p`: `resources.api.props.triggers.0.auth` must not be `anonymous`",
            "13:49 policy `p`: `resources.api.props.triggers.1.auth` must be there, and is absent",
            "13:17 policy `p`: `resources.api.props.triggers.5.auth` must be there, and is absent",
            "12:13 policy `p`: `resources.api.props.url` must match `https*`, and is known only after the deploy",
            "12:13 policy `p`: `resources.api.props.url` must be `x`, and is known only after the deploy",
        ]
    );
}

#[test]
fn a_secret_is_neither_a_setting_nor_compared() {
    let folder = "  state: {folder: \"${secret('TOKEN')}\"}\n";
    assert_eq!(
        wrong(folder),
        ["SD0127 3:20 `sdev.state.folder` is read here, so it cannot hold a secret"]
    );
    let text = format!(
        "edition: 3.0.0\nsdev: {{policies: [{{name: p, property: t, not: a}}, {{name: q, property: t, required: true}}]}}\n{}",
        "resources: {a: {component: fc3, props: {t: \"x${secret('TOKEN')}\"}}}\n"
    );
    let source = Source::new("s.yaml", text);
    let occasion = Occasion {
        command: "deploy",
        environment: None,
        access: None,
    };
    let (manifest, _) = load_source(&source, occasion, &Nothing).unwrap();
    let mut found = Diagnostics::new();
    let own = read(&manifest, &[], &mut found);
    own.check(&manifest, "e", &mut found);
    assert_eq!(
        told(&found),
        ["SD0128 3:44 policy `p`: `resources.a.props.t` must not be `a`, and is secret"]
    );
}

#[test]
fn a_slip_is_told_once() {
    let slips = "  state: {buckt: b}\n  policies: [{name: p, proprty: a, equals: 1}, {name: p, property: a, equal: 1}]\n";
    assert_eq!(wrong(slips).len(), 3, "{:#?}", wrong(slips));
}

#[test]
fn the_message_and_the_level_are_the_authors() {
    let (own, manifest, _) = read_all(
        "  policies: [{name: p, property: x, required: true, for: site, level: warning, message: Ask Ann}]\n",
    );
    let mut found = Diagnostics::new();
    own.check(&manifest, "e", &mut found);
    assert!(!found.has_errors());
    let found = found.iter().next().unwrap();
    assert_eq!(
        found.detail,
        "Ask Ann (policy `p`: `resources.web.props.x` must be there, and is absent)"
    );
    assert_eq!(found.related[0].0, own.policies[0].at);
}

#[test]
fn a_slip_in_the_key_itself_is_told() {
    let text = "edition: 3.0.0\nsdve: {protect: [web]}\nsdeb: {x: 1}\nresources: {}\n";
    let occasion = Occasion {
        command: "deploy",
        environment: None,
        access: None,
    };
    let (manifest, _) = load_source(&Source::new("s.yaml", text), occasion, &Nothing).unwrap();
    let mut found = Diagnostics::new();
    read(&manifest, &[], &mut found);
    assert_eq!(
        told(&found),
        ["SD0119 2:1 `sdve` has no meaning, and is close to `sdev` did you mean `sdev`?"]
    );
}

/// Every name in the schema, at any depth.
fn names_in(schema: &serde_json::Value, all: &mut Vec<String>) {
    if let Some(properties) = schema["properties"].as_object() {
        for (name, below) in properties {
            assert!(below["description"].is_string(), "{name}");
            all.push(name.clone());
            names_in(below, all);
        }
    }
    if schema["items"].is_object() {
        names_in(&schema["items"], all);
    }
}

#[test]
fn the_schema_and_the_page_know_every_key() {
    let mut all = Vec::new();
    names_in(&schema(), &mut all);
    assert!(all.len() > 20, "{all:?}");
    let page = include_str!("../../docs/sdev-key.md");
    for name in all {
        let told = [format!("`{name}`"), format!("`{name}: ")];
        assert!(told.iter().any(|text| page.contains(text)), "{name}");
    }
}
