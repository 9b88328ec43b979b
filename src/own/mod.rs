//! What a manifest says to sdev alone: the key `sdev`, typed and checked. Serverless Devs passes it over.

mod check;
mod condition;
mod fields;
mod key;
mod model;
mod policy;
mod property;
mod read;
mod schema;

#[cfg(test)]
mod tests;

pub use model::{Condition, Demand, Limit, Move, Named, Own, Policy, Rule, Storage};
pub use read::read;
pub use schema::schema;
