//! The event of a timer.

use serde_json::{Value as Json, json};

use super::{Scene, text};
use crate::resource::Object;

pub(super) fn event(trigger: &Object, scene: &Scene<'_>) -> Json {
    json!({
        "triggerTime": scene.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "triggerName": text(trigger, &["triggerName"]).unwrap_or("timer"),
        "payload": text(trigger, &["triggerConfig", "payload"]).unwrap_or_default(),
    })
}
