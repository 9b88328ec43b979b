//! Rules that the service checks when it is called, and that a manifest shows to be broken before: forms of texts, and what
//! goes together. Values that are known later break none.

use std::collections::BTreeMap;

use crate::component::schema::Form;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::{Block, Node, NodeKind};

/// When a timer fires (the vendor's "Time triggers").
pub(super) static TIME: Form = Form {
    words: trigger::FORMS,
    holds: |text| trigger::Schedule::parse(text).is_ok(),
};

/// A layer's version (`layers` of the vendor's `CreateFunctionInput`).
pub(super) static LAYER: Form = Form {
    words: "the ARN of a layer's version, such as acs:fc:cn-hangzhou:official:layers/Nodejs20/versions/1",
    holds: is_layer,
};

/// What is told of an asynchronous call's end (the vendor's `Destination`: functions, queues, topics, event buses).
pub(super) static DESTINATION: Form = Form {
    words: "the ARN of a function, queue, topic or event bus, such as acs:fc:cn-hangzhou:123:functions/done",
    holds: |text| text.is_empty() || text.starts_with("acs:") && text.split(':').count() > 4,
};

/// What a rule of a route looks for (the vendor's `RegexRule`). What this program's expressions lack, the service may have.
pub(super) static REGEX: Form = Form {
    words: "a regular expression",
    holds: |text| match regex::Regex::new(text) {
        Err(error @ regex::Error::Syntax(_)) => {
            let lacks = ["look-around", "backreferences", "Unicode", "not supported"];
            let why = error.to_string();
            lacks.iter().any(|lack| why.contains(lack))
        }
        _ => true,
    },
};

fn is_layer(text: &str) -> bool {
    let parts = text.strip_prefix("acs:fc:").and_then(|rest| {
        let (place, layer) = rest.split_once("layers/")?;
        let (name, version) = layer.split_once("/versions/")?;
        (place.matches(':').count() == 2 && !name.is_empty()).then_some(version)
    });
    parts.is_some_and(|version| version.parse::<u32>().is_ok())
}

/// What a function's size and variables must be; `cpu`, `memory` and `variables` are the names of its properties.
pub(super) fn function(
    block: &Block,
    (cpu, memory, variables): (&str, &str, &str),
    diagnostics: &mut Diagnostics,
) {
    size(block, (cpu, memory), diagnostics);
    let entries = block.props.get(variables).map(Node::entries);
    for entry in entries.unwrap_or_default() {
        let name = &entry.key;
        let first = |c: char| c.is_ascii_alphabetic() || c == '_';
        let rest = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.starts_with(first) || !name.chars().all(rest) {
            let detail = format!(
                "`{name}` is no name of a variable: letters, digits and `_` are, a letter or `_` first"
            );
            diagnostics.push(broken(detail, &entry.key_at));
        }
    }
}

/// Steps of `cpu`, and how much memory goes with it (`cpu` of the vendor's `CreateFunctionInput`).
fn size(block: &Block, (cpu_name, memory_name): (&str, &str), diagnostics: &mut Diagnostics) {
    let number = |name: &str| {
        let node = block.props.get(name)?;
        #[expect(clippy::cast_precision_loss, reason = "sizes are small numbers")]
        let number = match node.kind {
            NodeKind::Int(number) => number as f64,
            NodeKind::Float(number) => number,
            _ => return None,
        };
        Some((number, &node.at))
    };
    let Some((cpu, at)) = number(cpu_name).filter(|(cpu, _)| (0.05..=16.0).contains(cpu)) else {
        return;
    };
    let steps = cpu / 0.05;
    if (steps - steps.round()).abs() > 1e-6 {
        let detail = format!("`{cpu_name}` goes in steps of 0.05, and is {cpu}");
        diagnostics.push(broken(detail, at));
    }
    // What goes with a GPU goes by other rules.
    let is_plain = block.props.get("gpuConfig").is_none();
    let Some((memory, at)) = number(memory_name).filter(|_| is_plain) else {
        return;
    };
    let ratio = memory / 1024.0 / cpu;
    if !(0.999..=4.001).contains(&ratio) {
        let detail = format!(
            "`{memory_name}: {memory}` does not go with `{cpu_name}: {cpu}`: a virtual CPU goes with 1 to 4 GB"
        );
        let hint = format!(
            "write {} to {} for `{memory_name}`, or a `{cpu_name}` that fits",
            up(cpu * 1024.0),
            down(cpu * 4096.0)
        );
        diagnostics.push(broken(detail, at).hint(hint));
    }
}

/// The next size of memory, which comes in steps of 64 MB from 128.
fn up(megabytes: f64) -> f64 {
    ((megabytes / 64.0).ceil() * 64.0).max(128.0)
}

fn down(megabytes: f64) -> f64 {
    ((megabytes / 64.0).floor() * 64.0).max(128.0)
}

/// What a function's triggers must be: a version or alias has one HTTP trigger at most, and a token is asked for by one
/// list (the vendor's "HTTP triggers" and "JWT authentication").
pub(super) fn triggers(block: &Block, diagnostics: &mut Diagnostics) {
    let triggers = block.props.get("triggers").map(Node::items);
    let mut served: BTreeMap<&str, &Span> = BTreeMap::new();
    for trigger in triggers.unwrap_or_default() {
        let text = |name: &str| trigger.get(name).and_then(Node::as_str);
        if text("triggerType") != Some("http") {
            continue;
        }
        let qualifier = match trigger.get("qualifier") {
            Some(node) if !node.is_null() => node.as_str(),
            _ => Some("LATEST"),
        };
        let first = qualifier.and_then(|qualifier| served.insert(qualifier, &trigger.at));
        if let (Some(first), Some(qualifier)) = (first, qualifier) {
            let detail = format!("`{qualifier}` has two triggers of type http, and can have one");
            let error = broken(detail, &trigger.at).related(first.clone(), "the first one");
            diagnostics.push(
                error.hint("let one trigger take all methods, or give it another `qualifier`"),
            );
        }
        let config = trigger
            .get("triggerConfig")
            .and_then(|config| config.get("authConfig"));
        if let Some(config) = config {
            lists(config, diagnostics);
        }
    }
}

/// Paths that need no token exclude paths that need one.
pub(super) fn lists(config: &Node, diagnostics: &mut Diagnostics) {
    let filled = |name: &str| {
        config
            .entry(name)
            .filter(|entry| !entry.value.items().is_empty())
    };
    if let (Some(free), Some(bound)) = (filled("whitelist"), filled("blacklist")) {
        let detail = "`whitelist` and `blacklist` exclude each other";
        let error = broken(detail.to_owned(), &bound.key_at);
        diagnostics.push(error.related(free.key_at.clone(), "the other list"));
    }
}

fn broken(detail: String, at: &Span) -> Diagnostic {
    Diagnostic::error(code::BAD_PROPERTY, detail).at(at.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_forms() {
        for arn in [
            "acs:fc:cn-hangzhou:official:layers/Nodejs20/versions/1",
            "acs:fc:cn-shanghai:123:layers/my-deps/versions/12",
        ] {
            assert!((LAYER.holds)(arn), "{arn}");
        }
        for other in [
            "./layer",
            "acs:fc:cn-hangzhou:1:layers/a",
            "acs:fc:layers/a/versions/1",
            "x",
        ] {
            assert!(!(LAYER.holds)(other), "{other}");
        }
        for arn in [
            "acs:mns:cn-hangzhou::/topics/t/messages",
            "acs:fc:cn-hangzhou::functions/f",
            "",
        ] {
            assert!((DESTINATION.holds)(arn), "{arn}");
        }
        assert!(!(DESTINATION.holds)("my-function"));
        for expression in ["^/a/(.*)$", "(?<!x)y", "a(?=b)", "(?i)abc"] {
            assert!((REGEX.holds)(expression), "{expression}");
        }
        for other in ["(", "[a-", "*a"] {
            assert!(!(REGEX.holds)(other), "{other}");
        }
    }
}
