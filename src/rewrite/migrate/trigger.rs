//! The triggers of fc as those of fc3.

use super::super::layout::{Body, Collection, Entry, Node};
use super::edit::{Losses, get, get_mut, new_entry, rename, take, text};

/// What fc3 knows of a trigger.
const KNOWN: [&str; 8] = [
    "<<",
    "triggerName",
    "triggerType",
    "triggerConfig",
    "qualifier",
    "description",
    "sourceArn",
    "invocationRole",
];

/// Rewrites a list of triggers; `runtime` is the function's.
pub(super) fn rewrite(triggers: &mut Node, runtime: &str, losses: &mut Losses) {
    let Body::Collection(list) = &mut triggers.body else {
        return;
    };
    for item in &mut list.entries {
        match item.value.map_mut() {
            Some(trigger) => {
                one(trigger, losses);
                warn_of_handler(trigger, runtime, losses);
            }
            None => losses.warn(
                &item.value,
                "this trigger is not a map that stands here and is left as it is",
                "write it out",
            ),
        }
    }
}

/// Behind an http trigger the runtimes with a handler call it with other arguments than before.
fn warn_of_handler(trigger: &Collection, runtime: &str, losses: &mut Losses) {
    if let Some(kind) = get(trigger, "triggerType").filter(|kind| kind.text() == Some("http"))
        && !runtime.starts_with("custom")
    {
        let detail =
            "the handler behind an http trigger takes an event and returns an answer in fc3";
        losses.warn(
            kind,
            detail,
            "change the function's code before it is deployed",
        );
    }
}

fn one(trigger: &mut Collection, losses: &mut Losses) {
    for (old, new) in [
        ("name", "triggerName"),
        ("type", "triggerType"),
        ("config", "triggerConfig"),
        ("role", "invocationRole"),
    ] {
        rename(trigger, old, new);
    }
    let kind = get(trigger, "triggerType")
        .and_then(Node::text)
        .unwrap_or_default()
        .to_owned();
    let has_arn = get(trigger, "sourceArn").is_some();
    let mut arn = None;
    if let Some(config) = get_mut(trigger, "triggerConfig").and_then(Node::map_mut) {
        if has_arn {
            leave_sources(config, &kind, losses);
        }
        arn = config_of(config, &kind);
        if let (None, false, "mns_topic") = (&arn, has_arn, kind.as_str())
            && let Some(region) = take(config, "region")
        {
            losses.leave(config, &region, "there is no `topicName` beside it");
        }
    }
    trigger.entries.extend(arn);
    let unknown: Vec<String> = trigger
        .entries
        .iter()
        .map(|entry| entry.name().to_owned())
        .filter(|name| !KNOWN.contains(&name.as_str()))
        .collect();
    for name in unknown {
        if let Some(entry) = take(trigger, &name) {
            losses.leave(trigger, &entry, "a trigger of fc3 has no such key");
        }
    }
}

/// Leaves what names the source a second time, beside `sourceArn`.
fn leave_sources(config: &mut Collection, kind: &str, losses: &mut Losses) {
    let keys: &[&str] = match kind {
        "oss" => &["bucketName"],
        "mns_topic" => &["topicName", "region"],
        "tablestore" => &["instanceName", "tableName"],
        _ => &[],
    };
    for key in keys {
        if let Some(entry) = take(config, key) {
            losses.leave(config, &entry, "`sourceArn` says it already");
        }
    }
}

/// Rewrites a trigger's config; what it names as its source becomes an ARN, with the comments there.
fn config_of(config: &mut Collection, kind: &str) -> Option<Entry> {
    const HERE: &str = "${this.props.region}:${config('AccountID')}";
    let mut names = |keys: &[&str]| -> Vec<Entry> {
        if keys
            .iter()
            .all(|key| get(config, key).is_some_and(|node| node.text().is_some()))
        {
            keys.iter().filter_map(|key| take(config, key)).collect()
        } else {
            Vec::new()
        }
    };
    match kind {
        "oss" => {
            let bucket = names(&["bucketName"]);
            if let Some(filter) = get_mut(config, "filter").and_then(Node::map_mut) {
                rename(filter, "Key", "key");
                if let Some(key) = get_mut(filter, "key").and_then(Node::map_mut) {
                    rename(key, "Prefix", "prefix");
                    rename(key, "Suffix", "suffix");
                }
            }
            source_arn(bucket, |names| format!("acs:oss:{HERE}:{}", names[0]))
        }
        "mns_topic" => {
            let mut topic = names(&["topicName"]);
            if !topic.is_empty() {
                topic.extend(names(&["region"]));
            }
            source_arn(topic, |names| match names.get(1) {
                Some(region) => {
                    format!(
                        "acs:mns:{region}:${{config('AccountID')}}:/topics/{}",
                        names[0]
                    )
                }
                None => format!("acs:mns:{HERE}:/topics/{}", names[0]),
            })
        }
        "tablestore" => source_arn(names(&["instanceName", "tableName"]), |names| {
            format!("acs:ots:{HERE}:instance/{}/table/{}", names[0], names[1])
        }),
        _ => None,
    }
}

/// The key `sourceArn` made of what was `taken`, if anything was.
fn source_arn(taken: Vec<Entry>, arn: impl Fn(&[String]) -> String) -> Option<Entry> {
    let texts = taken.iter().filter_map(|entry| entry.value.text());
    let texts: Vec<String> = texts.map(str::to_owned).collect();
    if texts.is_empty() {
        return None;
    }
    let mut entry = new_entry("sourceArn", text(&arn(&texts)));
    for part in taken {
        entry.before.extend(part.before);
        entry.value.comment = entry.value.comment.or(part.value.comment);
    }
    Some(entry)
}
