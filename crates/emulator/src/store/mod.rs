//! Durable data: one SQLite database per data folder, one writer thread with group commit, a pool of readers.

mod database;
mod desk;
mod folder;
mod journal;
mod writer;

pub(crate) use database::{Store, StoreError};
pub(crate) use folder::{DataFolder, FolderError, replace_file, sync_folder};
pub(crate) use journal::{Journal, Sealed};
