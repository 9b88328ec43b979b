//! Flows, run to their end in memory.

mod attempts;
mod checks;
mod doubts;
mod faults;
mod first;
mod globals;
mod limits;
mod map_run;
mod merges;
mod model;
mod real;
mod redrive;
mod second;
mod stage;
mod states;
