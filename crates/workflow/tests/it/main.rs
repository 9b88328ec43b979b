//! Flows, run to their end in memory.

mod faults;
mod first;
mod real;
mod second;
mod stage;
mod states;
