//! What functions write: kept in files of bounded size per function, read back by filters, followed as it comes. Which calls were
//! made for which is kept among the lines.

mod file;
mod keeper;
mod query;
mod waiting;

pub(crate) use file::{Entry, Record};
pub(crate) use keeper::Logs;
pub(crate) use query::Query;
