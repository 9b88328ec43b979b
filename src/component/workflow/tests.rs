//! Blocks of workflows: what they become, and what is said of their definitions.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::component::{Context, Lowered, lower, pack};
use crate::diagnostic::{Diagnostics, Severity, Source};
use crate::manifest::{self, Environment, Occasion};
use crate::resource::{Attrs, ResourceId, Value};

struct Nothing;

impl Environment for Nothing {
    fn var(&self, _: &str) -> Option<String> {
        None
    }

    fn credential(&self, _: &str) -> Option<String> {
        None
    }
}

/// The blocks under `resources:`, lowered in a folder.
fn lowered(resources: &str, folder: &Path) -> Result<Lowered, Diagnostics> {
    let text = format!("edition: 3.0.0\nname: shop\nresources:\n{resources}");
    let source = Source::new("s.yaml", text);
    let deploy = Occasion {
        command: "deploy",
        environment: None,
        access: None,
    };
    let (manifest, found) = manifest::load_text(&source, deploy, &Nothing);
    assert!(!found.has_errors(), "{found:?}");
    let context = Context {
        app: "shop".into(),
        environment: "default".into(),
        account: Some("123".into()),
        region: "cn-hangzhou".into(),
        local: true,
        folder: folder.to_owned(),
        origins: std::collections::BTreeMap::new(),
    };
    lower(&manifest.unwrap(), &context)
}

/// The same with files, all that is said as place and detail.
fn said(resources: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let found = match lowered(resources, folder.path()) {
        Ok(lowered) => match pack(lowered.graph, &lowered.packs, &|_| false) {
            Ok((_, warnings)) => {
                let all = lowered.warnings.into_iter().chain(warnings);
                let mut found = Diagnostics::new();
                found.extend(all);
                found
            }
            Err(errors) => errors,
        },
        Err(errors) => errors,
    };
    let root = format!("{}/", folder.path().display());
    let line = |d: &crate::diagnostic::Diagnostic| {
        let at = d.at.as_ref().map(ToString::to_string).unwrap_or_default();
        let level = if d.severity == Severity::Error {
            ""
        } else {
            "warning "
        };
        format!("{level}{} {at}: {}", d.code, d.detail).replace(&root, "")
    };
    found.iter().map(line).collect()
}

fn attrs(lowered: &Lowered, id: &str) -> Attrs {
    let found = lowered.graph.get(&ResourceId::new(id));
    found.unwrap_or_else(|| panic!("{id}")).attrs.clone()
}

fn plain(attrs: &Attrs) -> Json {
    let pair = |(name, value): (&String, &Value)| match value {
        Value::Plain(json) => (name.clone(), json.clone()),
        other => panic!("{name}: {other:?}"),
    };
    attrs.iter().map(pair).collect()
}

const MACHINE: &str = "{ Type: StateMachine, Name: shop-pay, SpecVersion: v1, StartAt: A, States: [{ Type: Pass, Name: A, End: true }] }";

#[test]
fn a_workflow_becomes_a_flow_and_its_schedules() {
    let block = format!(
        "  pay:
    component: workflow
    props:
      definition: {MACHINE}
      description: Pays
      mode: express
      role: Runner
      environment: {{ A: one }}
      schedules:
        - {{ name: night, cron: 0 0 4 * * *, input: {{ n: 1 }}, enabled: false }}
"
    );
    let lowered = lowered(&block, Path::new("/p")).unwrap();
    let flow = plain(&attrs(&lowered, "pay.flow"));
    let machine: Json = serde_yaml::from_str(MACHINE).unwrap();
    let wanted = json!({
        "name": "shop-pay", "region": "cn-hangzhou", "description": "Pays", "executionMode": "Express",
        "roleArn": "acs:ram::123:role/runner", "environment": { "A": "one" }, "definition": machine,
    });
    assert_eq!(flow, wanted);
    let schedule = plain(&attrs(&lowered, "pay.schedule[night]"));
    let wanted = json!({
        "flowName": "shop-pay", "scheduleName": "night", "cronExpression": "0 0 4 * * *",
        "payload": { "n": 1 }, "enable": false, "flowMode": "Express",
    });
    assert_eq!(schedule, wanted);
    let (_, outputs) = &lowered.outputs[0];
    assert_eq!(
        outputs.keys().collect::<Vec<_>>(),
        ["arn", "id", "name", "region"]
    );
}

#[test]
fn a_schedule_hands_over_what_an_execution_may_begin_with() {
    let block = |input: &str| {
        format!(
            "  pay:
    component: workflow
    props:
      definition: {MACHINE}
      schedules: [{{ name: night, cron: 0 0 4 * * *, input: {input} }}]
"
        )
    };
    let map = |bytes: usize| format!("{{ a: {} }}", "x".repeat(bytes - 8));
    assert_eq!(said(&block(&map(65_536)), &[]), [""; 0]);
    for input in [map(65_537), "x".repeat(65_537)] {
        let told = said(&block(&input), &[]);
        assert_eq!(told.len(), 1, "{told:?}");
        let words = "`resources.pay.props.schedules[0].input` must be at most 65536 bytes as JSON, and has 65537";
        assert!(told[0].contains(words), "{told:?}");
    }
}

#[test]
fn the_vendors_components_have_their_defaults() {
    let block = |component: &str| {
        format!(
            "  pay:\n    component: {component}\n    props: {{ region: cn-shanghai, name: shop-pay, definition: {MACHINE} }}\n"
        )
    };
    let fnf = lowered(&block("fnf"), Path::new("/p")).unwrap();
    let fnf = plain(&attrs(&fnf, "pay.flow"));
    assert_eq!(fnf["description"], "Created By Serverless Devs");
    assert_eq!(fnf["executionMode"], "Standard");
    assert_eq!(fnf["region"], "cn-shanghai");
    let flow = lowered(&block("flow"), Path::new("/p")).unwrap();
    assert!(!attrs(&flow, "pay.flow").contains_key("description"));
}

#[test]
fn what_is_wrong_inside_a_map_is_said_at_its_line() {
    let block = "  pay:
    component: workflow
    props:
      definition:
        Type: StateMachine
        Name: shop-pay
        SpecVersion: v1
        StartAt: A
        States:
          - { Type: Pass, Name: A, Next: B }
          - Type: Pass
            Name: é
            End: true
";
    let said = said(block, &[]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(
        said[0],
        "SD0220 s.yaml:13:42: there is no state `B` beside this one"
    );
}

#[test]
fn what_is_known_only_later_is_neither_checked_nor_lost() {
    let block = "  site: { component: site, props: { source: ./public } }
  pay:
    component: workflow
    props:
      definition:
        type: flow
        version: v1
        steps:
          - { type: task, name: a, resourceArn: '${resources.site.output.url}' }
          - { type: pass, name: b, inputMappings: [{ target: x, source: '${resources.site.output.url}' }] }
";
    assert_eq!(
        said(block, &[]).len(),
        1,
        "only the site's folder is missing"
    );
    let lowered = lowered(block, Path::new("/p")).unwrap();
    let definition = attrs(&lowered, "pay.flow").remove("definition").unwrap();
    assert_eq!(definition.references().len(), 2);
}

#[test]
fn a_file_is_read_and_its_places_are_its_own() {
    let block = "  pay: { component: workflow, props: { definition: ./flow.yaml } }\n";
    let good = "Type: StateMachine\nName: shop-pay\nSpecVersion: v1\nStartAt: A\nStates:\n- { Type: Pass, Name: A, End: true }\n";
    assert_eq!(said(block, &[("flow.yaml", good)]), [""; 0]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("flow.yaml"), good).unwrap();
    let lowered = lowered(block, folder.path()).unwrap();
    let (graph, _) = pack(lowered.graph, &lowered.packs, &|_| false).unwrap();
    let flow = graph.get(&ResourceId::new("pay.flow")).unwrap();
    assert_eq!(flow.attrs["definition"], good.into());

    let bad = good.replace(
        "End: true }",
        "Next: B }\n- { Type: Pass, Name: C, End: true }",
    );
    let found = said(block, &[("flow.yaml", &bad)]);
    assert_eq!(
        found,
        ["SD0220 flow.yaml:6:32: there is no state `B` beside this one"]
    );
    let lonely = format!("{good}- {{ Type: Pass, Name: C, End: true }}\n");
    let found = said(block, &[("flow.yaml", &lonely)]);
    assert_eq!(
        found,
        ["warning SD0221 flow.yaml:7:3: nothing leads to `C`"]
    );
    let missing = said(block, &[]);
    assert!(missing[0].starts_with("SD0222 s.yaml:4:"), "{missing:?}");
    let other = good.replace("shop-pay", "pay");
    let named = said(block, &[("flow.yaml", &other)]);
    assert!(named[0].contains("calls the flow `pay`"), "{named:?}");
}

#[test]
fn a_text_in_the_manifest_has_the_places_of_its_lines() {
    let block = "  pay:
    component: flow
    props:
      region: cn-hangzhou
      name: pay
      executionMode: Express
      definition: |
        type: flow
        version: v1
        steps:
        - type: task
          name: ask
          resourceArn: acs:fc:::functions/f
          pattern: waitForCallback
";
    let said = said(block, &[]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("SD0220 s.yaml:14:11: `ask` waits"),
        "{said:?}"
    );
}

#[test]
fn a_definition_on_one_line_is_marked_where_it_is_wrong() {
    let line = r#"{"Type": "StateMachine", "Name": "shop-pay", "SpecVersion": "v1", "StartAt": "A", "States": [{"Type": "Pass", "Name": "A", "Next": "B"}]}"#;
    let marked = |resources: &str, files: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let found = match lowered(resources, folder.path()) {
            Ok(lowered) => pack(lowered.graph, &lowered.packs, &|_| false).unwrap_err(),
            Err(found) => found,
        };
        let at = found.iter().next().unwrap().at.clone().unwrap();
        at.source.text[at.start..at.end].to_owned()
    };
    let file = "  pay: { component: workflow, props: { definition: ./flow.json } }\n";
    assert_eq!(marked(file, &[("flow.json", line)]), r#""B""#);
    let inside = format!("  pay: {{ component: workflow, props: {{ definition: '{line}' }} }}\n");
    assert_eq!(marked(&inside, &[]), r#""B""#);
}

#[test]
fn schedules_are_told_apart_and_checked() {
    let block = format!(
        "  pay:
    component: workflow
    props:
      definition: {MACHINE}
      schedules:
        - {{ name: a, cron: 0 4 * * * }}
        - {{ name: a, cron: '@every 5m' }}
        - {{ name: 1a, cron: '@every 5m' }}
"
    );
    let said = said(&block, &[]);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said.iter().all(|said| said.starts_with("SD0202")),
        "{said:?}"
    );
}
