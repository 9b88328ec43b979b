//! Starts a process of function code in its cage.
//!
//! The product runs itself again as launcher: the outer stage enters new namespaces, the inner one is process 1 there, builds a root
//! that holds the system, the code and the layers (all read-only) and a private `/tmp`, and starts the program. When process 1
//! ends, the kernel ends everything that the program ever started. A `share` of the processors is a control group of a `hierarchy`
//! that this user may change.

mod cage;
mod hierarchy;
mod launcher;
mod order;
mod process;
mod share;
mod spawner;
mod stage;
mod tree;

pub(crate) use cage::is_system;
pub(crate) use share::Shares;
pub(crate) use stage::CANNOT;

pub use launcher::{Isolation, Launcher};
pub use order::{Input, Order, Shown};
pub use process::{Exit, Process};
pub use stage::main;
