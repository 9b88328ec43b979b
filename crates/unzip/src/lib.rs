//! Zips of code: judged by their directory before anything of them is unpacked, then read entry by entry. Who sends a zip and
//! who unpacks it judge by these rules alone. Knows nothing of a disk: where entries go is the caller's affair.
//!
//! A directory that passes cannot hurt: its entries share no byte, so what comes out is bounded by what is there; all of
//! them belong below one folder, each in a place of its own and none below a link; and no entry gives more than it declares.

mod archive;
mod directory;
mod link;
mod name;
mod refusal;
#[cfg(test)]
mod tests;

pub use archive::Archive;
pub use refusal::Refusal;

/// Entries of a zip at most. The vendor publishes no number; this one bounds the memory that a directory takes.
pub const MOST_ENTRIES: usize = 200_000;
/// Bytes of an unpacked zip at most. The vendor's limit for unpacked code is not published; this is four times what a zip
/// may have, and keeps a bomb from filling the disk.
pub const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A file.
    File {
        /// Whether it can be run: as the zip says, and where it does not say (made on a system without modes), it can.
        executable: bool,
    },
    /// A folder.
    Folder,
    /// A symbolic link.
    Link {
        /// Where it leads: below the folder, and through no other link; or to an absolute place of whatever machine it is unpacked
        /// for. Whoever unpacks must neither write nor read by way of it.
        target: String,
    },
}

/// One entry that may be unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its place below the folder, with `/`.
    pub path: String,
    /// What it is.
    pub form: Form,
    /// The bytes that it declares, unpacked. No more come out.
    pub size: u64,
}
