//! The kinds that the provider serves, one file each, all of one shape.

mod attrs;
mod cdn_domain;
mod driver;
#[cfg(test)]
mod faults;
mod header;
mod origin;
mod oss_bucket;
mod oss_files;
mod ttl;

pub(super) use cdn_domain::CdnDomain;
pub(super) use driver::Driver;
pub(super) use oss_bucket::OssBucket;
pub(super) use oss_files::OssFiles;
