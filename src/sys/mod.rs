//! The doors to the machine: files, environment, clock, chance, processes. No other room opens them itself.

pub mod clock;
pub mod env;
pub mod fs;
pub mod group;
pub mod http;
pub mod process;
pub mod random;
pub mod terminal;
