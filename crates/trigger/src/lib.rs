//! What the vendor's triggers say: when they fire, and of which events. Who plans them and who serves them judge by it.

pub mod bucket;
pub mod cdn;
mod cron;
mod duration;
mod schedule;

pub use schedule::{FORMS, NoSchedule, Schedule};

#[cfg(test)]
mod tests;
