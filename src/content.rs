//! What changes inside text files: old from the cloud, new from the folder. Only for whoever asks to see it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::plan::{Change, FieldDiff, Plan, Step};
use crate::provider::{ProviderError, Providers};
use crate::resource::{ResourceId, Value};
use crate::state::State;

/// Larger files are not shown line by line.
const MOST_BYTES: u64 = 256 * 1024;

/// Old and new text by resource and item.
pub type Texts = BTreeMap<(ResourceId, String), (String, String)>;

/// The texts of all items that a plan changes, where both sides are texts of a moderate size.
pub async fn texts(
    plan: &Plan,
    state: &State,
    providers: &Providers,
) -> Result<Texts, ProviderError> {
    let mut texts = Texts::new();
    for step in &plan.steps {
        let (Change::Update { diff } | Change::Adopt { diff, .. }) = &step.change else {
            continue;
        };
        let Some(record) = state.records.get(&step.id) else {
            continue;
        };
        for (key, new) in diff.iter().filter_map(|item| changed_text(step, item)) {
            let args = json!({ "key": key });
            let reply = providers
                .of(&step.kind)?
                .act("content", record, &args)
                .await?;
            if let Some(old) = reply.get("text").and_then(Json::as_str) {
                texts.insert((step.id.clone(), key.to_owned()), (old.to_owned(), new));
            }
        }
    }
    Ok(texts)
}

/// The key and the new text of an item whose content changes.
fn changed_text<'a>(step: &Step, item: &'a FieldDiff) -> Option<(&'a str, String)> {
    let ([_, key], Some(before), Some(after)) = (item.path.as_slice(), &item.before, &item.after)
    else {
        return None;
    };
    let small = |entry: &Json| {
        entry["size"]
            .as_u64()
            .is_some_and(|size| size <= MOST_BYTES)
    };
    if before["md5"] == after["md5"] || !small(before) || !small(after) {
        return None;
    }
    let Some(Value::Plain(Json::String(folder))) = step.resource.as_ref()?.attrs.get("source")
    else {
        return None;
    };
    let new = crate::sys::fs::read_text(&Path::new(folder).join(key)).ok()??;
    Some((key, new))
}
