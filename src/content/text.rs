//! What changes inside texts: files, old from the cloud, new from the folder or the package, and definitions of workflows. Only
//! for whoever asks to see it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::flow;
use crate::artifact;
use crate::plan::{Change, FieldDiff, Plan, Step};
use crate::provider::{ProviderError, Providers};
use crate::resource::{ResourceId, Value};
use crate::state::State;

/// Larger files are not shown line by line.
const MOST_BYTES: u64 = 256 * 1024;

/// Old and new text by resource and item.
pub type Texts = BTreeMap<(ResourceId, String), (String, String)>;

/// The texts of all items that a plan changes, where both sides are texts of a moderate size, and of all definitions.
pub async fn texts(
    plan: &Plan,
    state: &State,
    providers: &Providers,
) -> Result<Texts, ProviderError> {
    let mut texts = Texts::new();
    for (id, change) in flow::changes(plan) {
        if let Some(before) = change.before {
            let name = (id, flow::DEFINITION.to_owned());
            texts.insert(name, (before, change.after));
        }
    }
    for step in &plan.steps {
        let (Change::Update { diff } | Change::Adopt { diff, .. }) = &step.change else {
            continue;
        };
        let Some(record) = state.records.get(&step.id) else {
            continue;
        };
        let keys = diff.iter().filter_map(changed).collect();
        let new = new_texts(step, keys);
        if new.is_empty() {
            continue;
        }
        let args = json!({ "keys": new.keys().collect::<Vec<_>>() });
        let provider = providers.of(&step.kind)?;
        let reply = provider.act("content", record, &args).await?;
        for (key, new) in new {
            if let Some(old) = reply["texts"][&key].as_str() {
                texts.insert((step.id.clone(), key), (old.to_owned(), new));
            }
        }
    }
    Ok(texts)
}

/// The key of an item whose content changes and is of a moderate size.
fn changed(item: &FieldDiff) -> Option<&str> {
    let ([_, key], Some(before), Some(after)) = (item.path.as_slice(), &item.before, &item.after)
    else {
        return None;
    };
    let is_small = |entry: &Json| {
        entry["size"]
            .as_u64()
            .is_some_and(|size| size <= MOST_BYTES)
    };
    (before["md5"] != after["md5"] && is_small(before) && is_small(after)).then_some(key)
}

/// The new texts of these items: files of a folder, or of a package. What is no text, or cannot be read any more, is left out.
fn new_texts(step: &Step, keys: Vec<&str>) -> BTreeMap<String, String> {
    let source = step.resource.as_ref().and_then(|r| r.attrs.get("source"));
    let Some(Value::Plain(Json::String(source))) = source else {
        return BTreeMap::new();
    };
    let source = Path::new(source);
    if !source.is_dir() {
        let zip = File::open(source).map(BufReader::new);
        let found = zip.and_then(|zip| artifact::code_texts(zip, keys, MOST_BYTES));
        return found.unwrap_or_default();
    }
    let text = |key: &str| {
        let text = crate::sys::fs::read_text(&source.join(key)).ok()??;
        Some((key.to_owned(), text))
    };
    keys.into_iter().filter_map(text).collect()
}
