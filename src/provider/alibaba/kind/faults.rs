//! What the kinds make of answers that the local cloud never gives.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::provider::alibaba::cloud::Alibaba;
use crate::provider::alibaba::stub::{Answer, Stub};
use crate::provider::alibaba::transport::Transport;
use crate::provider::{ErrorKind, Made, Progress, Provider, ProviderError, Task, Tell};
use crate::resource::{Kind, Object, RemoteId};
use crate::state::{Record, Status};

pub(super) struct Deaf;

impl Tell for Deaf {
    fn progress(&self, _: Progress) {}

    fn stopped(&self) -> bool {
        false
    }
}

fn reply(status: u16, body: impl Into<String>) -> Answer {
    Answer::Reply(status, "", body.into())
}

fn refusal(status: u16, code: &str) -> Answer {
    reply(
        status,
        format!("<Error><Code>{code}</Code><Message>said {code}</Message></Error>"),
    )
}

fn api_refusal(status: u16, code: &str) -> Answer {
    reply(
        status,
        json!({ "Code": code, "Message": "m", "RequestId": "R" }).to_string(),
    )
}

fn info() -> Answer {
    reply(
        200,
        "<BucketInfo><Bucket><Location>oss-cn-hangzhou</Location><StorageClass>Standard</StorageClass></Bucket></BucketInfo>",
    )
}

fn listing(keys: &[&str]) -> Answer {
    let object = |key: &&str| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>");
    let objects: Vec<_> = keys.iter().map(object).collect();
    reply(
        200,
        format!("<ListBucketResult>{}</ListBucketResult>", objects.concat()),
    )
}

fn detail(status: &str) -> Answer {
    let source = json!({ "SourceModel": [{ "Content": "site-1.oss-cn-hangzhou.aliyuncs.com" }] });
    let model = json!({ "Cname": "c", "DomainStatus": status, "Scope": "domestic", "SourceModels": source });
    reply(200, json!({ "GetDomainDetailModel": model }).to_string())
}

fn tags(owner: &str) -> Answer {
    let tag = json!([{ "Key": "sdev-owner", "Value": owner }]);
    reply(
        200,
        json!({ "TagResources": [{ "ResourceId": "a.com", "Tag": tag }] }).to_string(),
    )
}

pub(super) fn object(json: Json) -> Object {
    match json {
        Json::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

fn bucket() -> Object {
    object(json!({ "name": "site-1", "region": "cn-hangzhou" }))
}

fn domain() -> Object {
    object(json!({ "domain": "a.com", "origin": "site-1.oss-cn-hangzhou.aliyuncs.com" }))
}

pub(super) fn provider(stub: &Stub) -> Alibaba {
    Alibaba::over(Transport::new(stub.target()).unwrap())
}

pub(super) fn task<'a>(kind: &'a Kind, attrs: &'a Object) -> Task<'a> {
    Task {
        kind,
        attrs,
        record: None,
        diff: &[],
        owner: "shop/dev",
        token: "t",
        tell: &Deaf,
    }
}

async fn create(kind: &str, attrs: &Object, stub: &Stub) -> Result<Made, ProviderError> {
    let kind = Kind::from(kind);
    provider(stub).create(&task(&kind, attrs)).await
}

#[tokio::test]
async fn a_bucket_of_another_account_is_a_conflict() {
    for answers in [
        vec![refusal(403, "AccessDenied")],
        vec![
            refusal(404, "NoSuchBucket"),
            refusal(409, "BucketAlreadyExists"),
        ],
    ] {
        let stub = Stub::start(answers).await;
        let error = create("oss.bucket", &bucket(), &stub).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
        assert!(error.code.is_some() && error.hint.is_some(), "{error:?}");
    }
}

#[tokio::test]
async fn wrong_keys_are_no_conflict() {
    let stub = Stub::start(vec![refusal(403, "InvalidAccessKeyId")]).await;
    let error = create("oss.bucket", &bucket(), &stub).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
}

#[tokio::test]
async fn a_bucket_without_a_mark_is_taken_over_only_when_it_is_empty() {
    let no_tags = || reply(200, "<Tagging><TagSet></TagSet></Tagging>");
    let stub = Stub::start(vec![info(), no_tags(), listing(&["mine.txt"])]).await;
    let error = create("oss.bucket", &bucket(), &stub).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);

    let done = || reply(200, "");
    let answers = vec![
        info(),
        no_tags(),
        listing(&[]),
        no_tags(),
        done(),
        done(),
        refusal(404, "NoSuchWebsiteConfiguration"),
    ];
    let stub = Stub::start(answers).await;
    create("oss.bucket", &bucket(), &stub).await.unwrap();
    let asked = stub.asked();
    assert!(
        asked[4].starts_with("PUT /site-1/?tagging "),
        "{}",
        asked[4]
    );
    assert!(asked[4].contains("<Key>sdev-owner</Key><Value>shop/dev</Value>"));
    assert!(asked[5].starts_with("PUT /site-1/?acl "), "{}", asked[5]);
}

#[tokio::test]
async fn uploads_that_were_cut_off_do_not_hold_a_bucket() {
    let uploads = "<ListMultipartUploadsResult><Upload><Key>a%20b</Key><UploadId>U1</UploadId></Upload></ListMultipartUploadsResult>";
    let answers = vec![
        refusal(409, "BucketNotEmpty"),
        listing(&[]),
        reply(200, uploads),
        reply(204, ""),
        reply(204, ""),
    ];
    let stub = Stub::start(answers).await;
    let (kind, attrs) = (Kind::from("oss.bucket"), bucket());
    provider(&stub).delete(&task(&kind, &attrs)).await.unwrap();
    let asked = stub.asked();
    assert!(
        asked[3].starts_with("DELETE /site-1/a%20b?uploadId=U1 "),
        "{}",
        asked[3]
    );
    assert!(asked[4].starts_with("DELETE /site-1/ "), "{}", asked[4]);
}

#[tokio::test]
async fn only_the_things_own_absence_is_absence() {
    let cases = [
        ("oss.bucket", refusal(404, "NoSuchBucket"), true),
        ("oss.bucket", refusal(404, "NoSuchKey"), false),
        ("oss.bucket", reply(404, "<html>"), false),
        ("oss.files", refusal(404, "NoSuchBucket"), true),
        ("oss.files", refusal(403, "AccessDenied"), false),
        (
            "cdn.domain",
            api_refusal(404, "InvalidDomain.NotFound"),
            true,
        ),
        (
            "cdn.domain",
            api_refusal(404, "InvalidAction.NotFound"),
            false,
        ),
        (
            "cdn.domain",
            api_refusal(404, "InvalidAccessKeyId.NotFound"),
            false,
        ),
        (
            "cdn.domain",
            api_refusal(400, "InvalidDomain.NotFound"),
            false,
        ),
    ];
    for (kind, answer, absent) in cases {
        let stub = Stub::start(vec![answer]).await;
        let (name, id) = (Kind::from(kind), RemoteId::from("site-1"));
        match provider(&stub).read(&name, &id, None).await {
            Ok(seen) => assert!(absent && seen.is_none(), "{kind}: {seen:?}"),
            Err(error) => assert!(!absent, "{kind}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_domain_whose_addition_lost_its_answer_is_found_again() {
    let done = || reply(200, "{}");
    let answers = vec![
        api_refusal(404, "InvalidDomain.NotFound"),
        Answer::Break,
        api_refusal(409, "DomainAlreadyExist"),
        detail("configuring"),
        tags("shop/dev"),
        detail("online"),
        done(),
        detail("online"),
    ];
    let stub = Stub::start(answers).await;
    let made = create("cdn.domain", &domain(), &stub).await.unwrap();
    assert_eq!(made.outputs["cname"], "c");
    assert!(stub.asked()[1].contains("Tag.1.Key=sdev-owner&Tag.1.Value=shop%2Fdev"));
}

#[tokio::test]
async fn a_domain_that_is_taken_or_cannot_be_set_up_is_said_so() {
    let missing = || api_refusal(404, "InvalidDomain.NotFound");
    let cases = [
        (
            vec![
                missing(),
                api_refusal(400, "InvalidDomainName.Conflict"),
                missing(),
            ],
            ErrorKind::Conflict,
        ),
        (
            vec![detail("online"), tags("other/dev")],
            ErrorKind::Conflict,
        ),
        (
            vec![detail("online"), reply(200, "{}")],
            ErrorKind::Conflict,
        ),
        (
            vec![missing(), reply(200, "{}"), detail("configure_failed")],
            ErrorKind::Invalid,
        ),
        (
            vec![missing(), api_refusal(400, "DomainOwnerVerifyFail")],
            ErrorKind::Invalid,
        ),
    ];
    for (answers, kind) in cases {
        let stub = Stub::start(answers).await;
        let error = create("cdn.domain", &domain(), &stub).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
    }
}

#[tokio::test]
async fn a_scope_is_changed_in_place() {
    let done = || reply(200, "{}");
    let stub = Stub::start(vec![tags("shop/dev"), done(), detail("online")]).await;
    let (kind, mut attrs) = (Kind::from("cdn.domain"), domain());
    attrs.insert("scope".into(), json!("overseas"));
    let record = Record {
        kind: kind.clone(),
        remote: Some(RemoteId::from("a.com")),
        attrs: domain(),
        outputs: Object::new(),
        after: BTreeSet::new(),
        status: Status::Ready,
        owed: BTreeSet::new(),
        pending: BTreeSet::new(),
        protected: false,
        manifest: None,
    };
    let diff = [crate::plan::FieldDiff {
        path: vec!["scope".into()],
        before: None,
        after: Some(json!("overseas")),
        unknown: false,
    }];
    let task = Task {
        record: Some(&record),
        diff: &diff,
        ..task(&kind, &attrs)
    };
    provider(&stub).update(&task).await.unwrap();
    let asked = &stub.asked()[1];
    assert!(
        asked.contains("x-acs-action: ModifyCdnDomainSchdmByProperty"),
        "{asked}"
    );
    assert!(
        asked.contains("Property=%7B%22coverage%22%3A%22overseas%22%7D"),
        "{asked}"
    );
}

/// `oss.files` with these files of one byte each, all of which were `x` when the plan was made.
fn files(folder: &std::path::Path, keys: &[&str]) -> Object {
    let entry = json!({ "md5": "9dd4e461268c8034f5c8564e155c67a6", "size": 1 });
    let files: Object = keys
        .iter()
        .map(|key| ((*key).to_owned(), entry.clone()))
        .collect();
    object(json!({ "bucket": "site-1", "source": folder, "files": files }))
}

#[tokio::test]
async fn a_failed_upload_names_its_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("a")).unwrap();
    std::fs::write(folder.path().join("a/b.txt"), "x").unwrap();
    let stub = Stub::start(vec![refusal(403, "AccessDenied")]).await;
    let attrs = files(folder.path(), &["a/b.txt"]);
    let error = create("oss.files", &attrs, &stub).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    let text = error.to_string();
    assert!(
        text.starts_with("PutObject of a/b.txt: AccessDenied: "),
        "{text}"
    );
}

#[tokio::test]
async fn all_files_that_changed_are_told_and_the_others_sent() {
    let folder = tempfile::tempdir().unwrap();
    let keys = ["1", "2", "3", "4", "5", "6", "7", "z"];
    for key in keys {
        std::fs::write(folder.path().join(key), "y").unwrap();
    }
    std::fs::write(folder.path().join("z"), "x").unwrap();
    let stub = Stub::start(vec![reply(200, "")]).await;
    let attrs = files(folder.path(), &keys);
    let error = create("oss.files", &attrs, &stub).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Source, "{error}");
    let text = error.to_string();
    assert_eq!(text.matches("PutObject of ").count(), 5, "{text}");
    assert!(text.ends_with("; and 2 more"), "{text}");
    assert!(stub.asked()[0].starts_with("PUT /site-1/z "));
}

#[tokio::test]
async fn what_concerns_all_files_outweighs_a_changed_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("1"), "y").unwrap();
    std::fs::write(folder.path().join("z"), "x").unwrap();
    let stub = Stub::start(vec![refusal(403, "AccessDenied")]).await;
    let attrs = files(folder.path(), &["1", "z"]);
    let error = create("oss.files", &attrs, &stub).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert!(error.message.contains("PutObject of 1: "), "{error}");
}
