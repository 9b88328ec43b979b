//! Buckets themselves: making, describing, deleting.

use http::{Method, StatusCode};
use hyper::body::Incoming;
use wire::xml::{Document, Element};

use super::permit::{self, owner_only};
use crate::body::Reply;
use crate::oss::call::Call;
use crate::oss::error::{OssError, Outcome};
use crate::oss::intake::receive_text;
use crate::oss::model::{Acl, Action};
use crate::oss::reply::{empty, iso_date, set, xml};
use crate::oss::service::Shared;
use crate::oss::table::bucket::{self, Bucket};
use crate::oss::table::{object, upload};

/// Bytes of a settings document at most.
pub(super) const MAX_DOCUMENT: usize = 1024 * 1024;
const STORAGE_CLASSES: [&str; 5] = [
    "Standard",
    "IA",
    "Archive",
    "ColdArchive",
    "DeepColdArchive",
];

/// `PutBucket`: the owner may repeat it; a list given then changes the bucket's.
pub(in crate::oss) async fn put(oss: &Shared, call: &Call, body: &mut Incoming) -> Outcome<Reply> {
    owner_only(call)?;
    let name = call.bucket()?;
    let acl = bucket_acl(call)?;
    let text = receive_text(body, MAX_DOCUMENT).await?;
    let made = Bucket {
        name: name.clone(),
        acl: acl.unwrap_or(Acl::Private),
        created: oss.now(),
        storage_class: storage_class(&text)?,
        region: signed_region(call).unwrap_or(&oss.region).to_owned(),
        website: None,
        tagging: None,
    };
    let put = oss.store.write(move |db| {
        bucket::make(db, &made)?;
        match acl {
            Some(acl) => bucket::set_acl(db, &made.name, acl),
            None => Ok(()),
        }
    });
    put.await?;
    let mut reply = empty(StatusCode::OK);
    set(&mut reply, "location", &format!("/{name}"));
    Ok(reply)
}

/// The region that the request was signed for. The older signatures name none.
fn signed_region(call: &Call) -> Option<&str> {
    let authorization = call
        .headers
        .get(http::header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    let region = credential.split('/').nth(2)?;
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (!region.is_empty() && region.len() <= 32 && region.chars().all(legal)).then_some(region)
}

/// `DeleteBucket`.
pub(in crate::oss) async fn delete(oss: &Shared, call: &Call) -> Outcome<Reply> {
    owner_only(call)?;
    let name = call.bucket()?;
    oss.store.write(move |db| bucket::delete(db, &name)).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// `GetBucketInfo`; without its document for `HEAD`.
pub(in crate::oss) async fn info(oss: &Shared, call: &Call) -> Outcome<Reply> {
    if call.method == Method::HEAD {
        let (name, caller) = (call.bucket()?, call.caller);
        oss.store
            .read(move |db| permit::check(db, caller, Action::Read, &name, None))
            .await?;
        return Ok(empty(StatusCode::OK));
    }
    let bucket = find(oss, call).await?;
    let region = &bucket.region;
    let document = Document::new("BucketInfo")
        .open("Bucket")
        .leaf("AccessMonitor", "Disabled")
        .leaf("CreationDate", &iso_date(bucket.created))
        .leaf("DataRedundancyType", "LRS")
        .leaf("ExtranetEndpoint", &format!("oss-{region}.aliyuncs.com"))
        .leaf(
            "IntranetEndpoint",
            &format!("oss-{region}-internal.aliyuncs.com"),
        )
        .leaf("Location", &format!("oss-{region}"))
        .leaf("Name", &bucket.name)
        .leaf("StorageClass", &bucket.storage_class)
        .leaf("TransferAcceleration", "Disabled")
        .leaf("CrossRegionReplication", "Disabled");
    let document = owner(document, oss)
        .open("AccessControlList")
        .leaf("Grant", bucket.acl.as_str())
        .close()
        .open("ServerSideEncryptionRule")
        .leaf("SSEAlgorithm", "None")
        .close()
        .open("BucketPolicy")
        .leaf("LogBucket", "")
        .leaf("LogPrefix", "")
        .close();
    Ok(xml(document.leaf("Comment", "").finish()))
}

/// `GetBucketLocation`.
pub(in crate::oss) async fn location(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let bucket = find(oss, call).await?;
    let location = format!(
        "<LocationConstraint>oss-{}</LocationConstraint>",
        bucket.region
    );
    Ok(xml(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{location}"
    )))
}

/// `GetBucketStat`.
pub(in crate::oss) async fn stat(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let bucket = find(oss, call).await?;
    let totals = oss.store.read(move |db| {
        let (objects, bytes) = object::totals(db, Some(&bucket.name))?;
        Ok::<_, OssError>((objects, bytes, upload::count(db, &bucket.name)?))
    });
    let (objects, bytes, uploads) = totals.await?;
    let document = Document::new("BucketStat")
        .leaf("Storage", &bytes.to_string())
        .leaf("ObjectCount", &objects.to_string())
        .leaf("MultipartUploadCount", &uploads.to_string());
    Ok(xml(document.finish()))
}

/// The bucket that an owner's call names.
pub(super) async fn find(oss: &Shared, call: &Call) -> Outcome<Bucket> {
    owner_only(call)?;
    let name = call.bucket()?;
    oss.store.read(move |db| bucket::find(db, &name)).await
}

/// The list that a call sets.
pub(super) fn bucket_acl(call: &Call) -> Outcome<Option<Acl>> {
    let Some(text) = call.header("x-oss-acl").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    Acl::parse(&text)
        .map(Some)
        .ok_or(OssError::InvalidArgument {
            name: "x-oss-acl",
            value: text,
            message: "no such bucket acl exists",
        })
}

/// Writes the account as an owner.
pub(super) fn owner(document: Document, oss: &Shared) -> Document {
    let id = &oss.account.id;
    document
        .open("Owner")
        .leaf("ID", id)
        .leaf("DisplayName", id)
        .close()
}

fn storage_class(text: &str) -> Outcome<String> {
    if text.trim().is_empty() {
        return Ok("Standard".to_owned());
    }
    let root = Element::parse(text).filter(|root| root.name == "CreateBucketConfiguration");
    let root = root.ok_or(OssError::MalformedXml)?;
    let class = root.text_of("StorageClass").map_or("Standard", str::trim);
    match class {
        "" => Ok("Standard".to_owned()),
        class if STORAGE_CLASSES.contains(&class) => Ok(class.to_owned()),
        class => Err(OssError::InvalidArgument {
            name: "StorageClass",
            value: class.to_owned(),
            message: "no such storage class exists",
        }),
    }
}
