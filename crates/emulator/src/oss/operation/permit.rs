//! Whether a caller may do something to what the database holds.

use rusqlite::Connection;

use crate::oss::call::Call;
use crate::oss::error::{OssError, Outcome};
use crate::oss::model::{Acl, Action, Caller, is_allowed};
use crate::oss::table::{bucket, object};

/// Refuses strangers, for calls about settings: no list opens those.
pub(super) fn owner_only(call: &Call) -> Outcome<()> {
    if is_allowed(call.caller, Action::Configure, Acl::PublicReadWrite, None) {
        return Ok(());
    }
    let message = "Anonymous access is forbidden for this operation.";
    Err(OssError::AccessDenied(message.to_owned()))
}

/// Refuses callers that the bucket's list, or that of the object if there is one, does not allow to act. A missing
/// bucket is an error for everybody.
pub(super) fn check(
    db: &Connection,
    caller: Caller,
    action: Action,
    name: &str,
    key: Option<&str>,
) -> Outcome<()> {
    let is_known = match caller {
        // Its bucket is none of the account's.
        Caller::Uploader => action == Action::Write,
        Caller::Owner => bucket::exists(db, name)?,
        Caller::Anonymous => false,
    };
    if is_known {
        return Ok(());
    }
    let bucket = bucket::find(db, name)?;
    let object = match key {
        Some(key) => object::find(db, name, key)?,
        None => None,
    };
    let object = object.and_then(|object| object.traits.acl);
    if is_allowed(caller, action, bucket.acl, object) {
        return Ok(());
    }
    Err(OssError::forbidden())
}
