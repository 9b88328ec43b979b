//! What functions write: kept in files of bounded size per function, read back by filters, followed as it comes.

mod file;
mod keeper;
mod query;

pub(crate) use file::Record;
pub(crate) use keeper::Logs;
pub(crate) use query::Query;
