//! What starts functions by itself: timers, changed objects of buckets, messages of topics and queues, events of the CDN and of the
//! default bus.

mod bucket;
mod bus;
mod cdn;
mod stream;
mod timer;
mod topic;

pub(super) use bucket::Buckets;
pub(super) use bus::{Buses, check};
pub(crate) use cdn::CdnEvent;
pub(super) use stream::name as stream_name;
pub(super) use timer::{Timers, agenda, tick};
pub(super) use topic::Topics;

/// The trigger `t` of the function `f`.
#[cfg(test)]
fn sample(kind: &str, qualifier: &str, config: serde_json::Value) -> super::model::Trigger {
    super::model::Trigger {
        function: "f".to_owned(),
        name: "t".to_owned(),
        id: String::new(),
        kind: kind.to_owned(),
        config,
        qualifier: qualifier.to_owned(),
        source_arn: String::new(),
        role: String::new(),
        description: String::new(),
        created_ms: 0,
        modified_ms: 0,
    }
}
