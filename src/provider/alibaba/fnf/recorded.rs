//! Our calls against those of the vendor's own client for the same inputs. It signs in another way, in the query.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::client::{read, write};
use crate::provider::alibaba::recording::{query_of, recording};
use crate::provider::alibaba::rpc::Call;

/// What its way of signing adds to a query.
const SIGNING: [&str; 9] = [
    "AccessKeyId",
    "Action",
    "Format",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

#[track_caller]
fn assert_same(operation: &str, ours: &Call) {
    let Some(theirs) = recording("py-fnf20190315-default", &format!("{operation}.01")) else {
        return;
    };
    let target = theirs.target();
    let base = target.fnf_base();
    let signed = ours.signed((&target, &base), SystemTime::now(), "n");
    let form = |text: &str| query_of(&format!("/?{text}"));
    let sent = String::from_utf8_lossy(&signed.body).into_owned();
    assert_eq!(form(&sent), form(&theirs.body), "{operation}");
    let mut query = theirs.query.clone();
    query.retain(|(name, _)| !SIGNING.contains(&name.as_str()));
    assert_eq!(query_of(&signed.url), query, "{operation}");
    let ours: BTreeSet<_> = signed.headers.into_iter().collect();
    for name in ["x-acs-action", "x-acs-version"] {
        let header = (name.to_owned(), theirs.header(name).to_owned());
        assert!(ours.contains(&header), "{operation}: {name}");
    }
    assert_eq!(theirs.path, "/");
}

#[test]
fn flows_are_read_and_written_as_the_vendors_client_does() {
    assert_same("DescribeFlow", &read("DescribeFlow").param("Name", "flow1"));
    let update = write("UpdateFlow")
        .field("Definition", "x")
        .field("Name", "flow1")
        .field("Type", "FDL");
    assert_same("UpdateFlow", &update);
}

#[test]
fn schedules_are_made_as_the_vendors_client_does() {
    // It spells the truth value as its language does.
    let create = write("CreateSchedule")
        .field("CronExpression", "0 * * * * *")
        .field("Enable", "True")
        .field("FlowName", "flow1")
        .field("Payload", "{}")
        .field("ScheduleName", "s1");
    assert_same("CreateSchedule", &create);
}
