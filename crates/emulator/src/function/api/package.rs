//! The archive that a call brings, or names in a bucket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::function::error::{FcError, Outcome};
use crate::function::model::{Code, Package};
use crate::function::service::Shared;

/// Bytes of an archive in a call at most; larger ones come by way of the object storage. The vendor's limit.
const LARGEST_IN_CALL: usize = 100 * 1024 * 1024;
/// Bytes of any archive at most. The vendor's limit.
const LARGEST: u64 = 500 * 1024 * 1024;

/// Takes the archive; nothing when the call neither brings nor names one. The caller holds an arrival until something names it.
pub(super) async fn package(shared: &Shared, code: &Code) -> Outcome<Option<Package>> {
    let archive = if let Some(text) = code.zip_file.as_deref().filter(|text| !text.is_empty()) {
        let archive = STANDARD
            .decode(text)
            .map_err(|error| FcError::invalid(format!("code.zipFile is not base64: {error}")))?;
        if archive.len() > LARGEST_IN_CALL {
            return Err(FcError::invalid(
                "code.zipFile is larger than 100 MB; put it into a bucket and name that",
            ));
        }
        archive.into()
    } else if let (Some(bucket), Some(object)) = (&code.oss_bucket_name, &code.oss_object_name) {
        let found = shared.oss.fetch(bucket, object, LARGEST).await;
        found.map_err(|why| FcError::invalid(format!("code in oss://{bucket}/{object}: {why}")))?
    } else {
        return Ok(None);
    };
    let packages = shared.packages.clone();
    let checksum = code.checksum.clone().filter(|text| !text.is_empty());
    let added = shared.blocking(move || {
        let actual = wire::crc64::crc64(&archive).to_string();
        match checksum {
            Some(wanted) if wanted != actual => Err(FcError::invalid(format!(
                "code.checksum is {wanted}, and the archive's is {actual}"
            ))),
            _ => packages.add(&archive),
        }
    });
    let added = added.await.map_err(crate::store::StoreError::Disk)?;
    added.map(Some)
}
