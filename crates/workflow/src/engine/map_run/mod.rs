//! Distributed maps: their items are executions of their own, so many at a time.
//!
//! The execution of the map keeps what each item yielded; the executions of the items report to it. `state` is how far a
//! map run is, `fold` how events change that; `open`, `item` and `finish` decide; `shape` is what results look like; `owed` is
//! what is to be done outside; `shown` tells of a map run that may be over.

mod finish;
mod fold;
mod item;
mod open;
mod owed;
pub(super) mod policy;
mod shape;
mod shown;
mod state;

use owed::Finished;
pub use owed::{Child, ItemId, Opening, Unopened, Writing};
pub use policy::{Change, Policy};
pub use shown::{Progress, Shown};
pub use state::{Counts, ItemState, MapRun};
