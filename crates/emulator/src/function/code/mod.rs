//! Code packages: archives as they came, and unpacked to be run; both by the digest of the archive.

mod link;
mod packages;
mod sweep;
mod trash;
mod unpack;

pub(crate) use link::ARCHIVES;
pub(super) use link::Links;
pub(super) use packages::Packages;
pub(super) use sweep::work as sweep;
