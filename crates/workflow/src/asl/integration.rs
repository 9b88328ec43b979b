//! The integrations that the States Language knows by name, and what is doubtful about a name that is none of them.

use crate::form::{Builder, nearest};
use crate::{Finding, Place};

/// The operations of each service that has an integration of its own ("Integrating optimized services with Step Functions"
/// and the page of each service). Most are not served by the local cloud; they are known all the same.
const SERVICES: [(&str, &[&str]); 21] = [
    ("apigateway", &["invoke"]),
    (
        "athena",
        &[
            "getQueryExecution",
            "getQueryResults",
            "startQueryExecution",
            "stopQueryExecution",
        ],
    ),
    ("batch", &["submitJob"]),
    ("bedrock", &["createModelCustomizationJob", "invokeModel"]),
    (
        "codebuild",
        &[
            "batchDeleteBuilds",
            "batchGetReports",
            "deleteBuildBatch",
            "retryBuildBatch",
            "startBuild",
            "startBuildBatch",
            "stopBuild",
            "stopBuildBatch",
        ],
    ),
    ("databrew", &["startJobRun"]),
    (
        "dynamodb",
        &["deleteItem", "getItem", "putItem", "updateItem"],
    ),
    ("ecs", &["runTask"]),
    (
        "eks",
        &[
            "call",
            "createCluster",
            "createFargateProfile",
            "createNodegroup",
            "deleteCluster",
            "deleteFargateProfile",
            "deleteNodegroup",
            "runJob",
        ],
    ),
    (
        "elasticmapreduce",
        &[
            "addStep",
            "cancelStep",
            "createCluster",
            "modifyInstanceFleetByName",
            "modifyInstanceGroupByName",
            "setClusterTerminationProtection",
            "terminateCluster",
        ],
    ),
    (
        "emr-containers",
        &[
            "createVirtualCluster",
            "deleteVirtualCluster",
            "startJobRun",
        ],
    ),
    (
        "emr-serverless",
        &[
            "cancelJobRun",
            "createApplication",
            "deleteApplication",
            "startApplication",
            "startJobRun",
            "stopApplication",
        ],
    ),
    ("events", &["putEvents"]),
    ("glue", &["startJobRun"]),
    ("http", &["invoke"]),
    ("lambda", &["invoke"]),
    ("mediaconvert", &["createJob"]),
    (
        "sagemaker",
        &[
            "createEndpoint",
            "createEndpointConfig",
            "createHyperParameterTuningJob",
            "createLabelingJob",
            "createModel",
            "createProcessingJob",
            "createTrainingJob",
            "createTransformJob",
            "updateEndpoint",
        ],
    ),
    ("sns", &["publish"]),
    ("sqs", &["sendMessage"]),
    ("states", &["startExecution"]),
];

/// What stands before the name of any action of any service: `aws-sdk:SERVICE:ACTION`.
const ANY: &str = "aws-sdk";

/// The ways to wait for more than the reply, behind the name and a full stop.
const WAYS: [&str; 3] = ["sync", "sync:2", "waitForTaskToken"];

/// Says what is doubtful about a resource that names an integration.
pub(super) fn doubt(builder: &mut Builder, resource: &str, at: Place) {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let ["arn", _, "states", "", "", path] = parts[..] else {
        return;
    };
    let (name, way) = match path.split_once('.') {
        Some((name, way)) => (name, Some(way)),
        None => (path, None),
    };
    let found = [doubtful_name(name), way.and_then(doubtful_way)];
    for (said, hint) in found.into_iter().flatten() {
        builder.findings.push(Finding::warning(at, said).hint(hint));
    }
}

/// What is said of a name that nobody knows, and what may have been meant. A service without an integration of its own is
/// passed over, unless its name is a slip.
fn doubtful_name(name: &str) -> Option<(String, String)> {
    let known = || {
        SERVICES.iter().flat_map(|(service, operations)| {
            let full = move |operation: &&str| format!("{service}:{operation}");
            operations.iter().map(full)
        })
    };
    let (service, rest) = name.split_once(':').unwrap_or((name, ""));
    if service == ANY || known().any(|known| known == name) {
        return None;
    }
    let meant = if rest.contains(':') {
        nearest(service, [ANY]).map(|any| format!("{any}:{rest}"))
    } else {
        let all: Vec<String> = known().collect();
        nearest(name, all.iter().map(String::as_str)).map(str::to_owned)
    };
    let hint = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => operations_of(service)?,
    };
    let said = format!("`{name}` is no integration that is known here");
    Some((said, hint))
}

fn operations_of(service: &str) -> Option<String> {
    let (_, operations) = SERVICES.iter().find(|(known, _)| *known == service)?;
    let names: Vec<String> = operations
        .iter()
        .map(|operation| format!("`{service}:{operation}`"))
        .collect();
    Some(format!("known of {service}: {}", names.join(", ")))
}

fn doubtful_way(way: &str) -> Option<(String, String)> {
    if WAYS.contains(&way) {
        return None;
    }
    let hint = match nearest(way, WAYS) {
        Some(meant) => format!("did you mean `.{meant}`?"),
        None => format!("there are .{}", WAYS.join(", .")),
    };
    let said = format!("`.{way}` is no way to wait that is known here");
    Some((said, hint))
}
