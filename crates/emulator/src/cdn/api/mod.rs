//! The API of version 2018-05-10: each action is read, carried out and answered in the vendor's field names.

mod config;
mod dispatch;
mod domain;
mod param;
mod refresh;
mod tag;
mod unserved;

pub(super) use dispatch::answer;
