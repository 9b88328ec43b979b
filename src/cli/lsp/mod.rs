//! The language server: JSON-RPC over standard input and output, and what an editor's documents are.
//!
//! `wire` (frames) → `server` (what is asked) → `document` (texts) and `answer` (the shapes of the protocol).

mod answer;
mod change;
mod document;
mod server;
mod uri;
mod wire;

pub(super) use server::serve;
