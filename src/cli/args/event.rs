//! What can be typed about events of triggers.

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Event {
    /// The trigger as RESOURCE.TRIGGER (or its name alone), or a type of triggers: timer, oss, http, `mns_topic`, `cdn_events`, eventbridge
    pub(in crate::cli) trigger: String,
    /// Print an example of its event, which is the default
    #[arg(long, conflicts_with = "fire")]
    pub(in crate::cli) sample: bool,
    /// Call the deployed function with that event; its answer goes to standard output
    #[arg(long)]
    pub(in crate::cli) fire: bool,
}
