//! What is said about a text.

use crate::stage::{errors, program, warnings};

fn states(states: &str) -> String {
    format!("StartAt: A\nStates:\n{states}")
}

#[test]
fn json_is_read_too() {
    let text = r#"{"Comment": "c", "Version": "1.0", "QueryLanguage": "JSONPath", "TimeoutSeconds": 9, "StartAt": "A", "States": {"A": {"Type": "Succeed", "Comment": "c"}}}"#;
    assert_eq!(program(text).timeout, Some(9));
    assert!(warnings(text).is_empty());
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn what_is_wrong_is_said_with_its_place() {
    let all = [
        (
            "  A: {Type: Pass}",
            "3:6: `Next` is missing; the last state has End: true",
        ),
        (
            "  A: {Type: Pass, Next: B}",
            "3:25: there is no state `B` beside this one; Next names a state of the same list of states",
        ),
        (
            "  A: {Type: Nothing, End: true}",
            "3:13: there is no state of type `Nothing`; there are Task, Pass, Wait, Choice, Parallel, Map, Succeed and Fail",
        ),
        ("  A: {Type: Task, End: true}", "3:6: `Resource` is missing"),
        (
            "  A: {Type: Wait, End: true}",
            "3:6: a wait has one of Seconds, SecondsPath, Timestamp and TimestampPath",
        ),
        (
            "  A: {Type: Wait, Seconds: 1, SecondsPath: $.s, End: true}",
            "3:6: a wait has one of Seconds, SecondsPath, Timestamp and TimestampPath",
        ),
        (
            "  A: {Type: Wait, Timestamp: '2016-12-05 21:29:29Z', End: true}",
            "3:30: `2016-12-05 21:29:29Z` is no moment; write it such as 2016-08-18T17:33:00Z",
        ),
        (
            "  A: {Type: Pass, InputPath: x, End: true}",
            "3:30: the expression `x` is wrong at its character 1: `x` is neither a path nor in quotes",
        ),
        (
            "  A: {Type: Pass, InputPath: 'States.UUID()', End: true}",
            "3:30: `InputPath` must be a path, not a function; a path begins with $",
        ),
        (
            "  A: {Type: Pass, ResultPath: '$.l[*]', End: true}",
            "3:31: `ResultPath` must lead to one place in the data; write it such as $.order.id",
        ),
        (
            "  A: {Type: Pass, Parameters: {x.$: 1}, End: true}",
            "3:37: a key that ends in .$ holds an expression, not a number",
        ),
        (
            "  A: {Type: Pass, Parameters: {x.$: '$.a == 1'}, End: true}",
            "3:37: the expression `$.a == 1` is wrong at its character 5: `=` is not expected here",
        ),
        (
            "  A: {Type: Choice, Choices: []}",
            "3:30: a choice has one rule at least",
        ),
        (
            "  A: {Type: Choice, Choices: [{Variable: $.x, Next: A}]}",
            "3:31: a rule has And, Or, Not, or an operator such as StringEquals",
        ),
        (
            "  A: {Type: Choice, Choices: [{Variable: $.x, StringEqals: x, Next: A}]}",
            "3:47: there is no operator `StringEqals`; did you mean `StringEquals`?",
        ),
        (
            "  A: {Type: Choice, Choices: [{Not: {Variable: $.x, isnul: true}, Next: A}]}",
            "3:53: there is no operator `isnul`; did you mean `IsNull`?",
        ),
        (
            "  A: {Type: Choice, Choices: [{any: [{Variable: $.x, IsNull: true}], Next: A}]}",
            "3:32: there is no operator `any`; did you mean `And`?",
        ),
        (
            "  A: {Type: Choice, Choices: [{StringEquals: x, Next: A}]}",
            "3:31: `Variable` is missing",
        ),
        (
            "  A: {Type: Choice, Choices: [{Variable: $.x, StringEquals: 1, Next: A}]}",
            "3:61: `StringEquals` cannot compare with a number",
        ),
        (
            "  A: {Type: Choice, Choices: [{Variable: $.x, IsNull: x, Next: A}]}",
            "3:55: `IsNull` must be true or false, not a text",
        ),
        (
            "  A: {Type: Choice, Choices: [{Variable: $.x, IsNull: true, IsString: true, Next: A}]}",
            "3:71: a rule has one operator, not `IsNull` and `IsString`",
        ),
        (
            "  A: {Type: Choice, Choices: [{Not: {Variable: $.x, IsNull: true, Next: A}, Next: A}]}",
            "3:73: only the outermost condition has a `Next`",
        ),
        (
            "  A: {Type: Task, Resource: 'acs:fc:::functions/r', Retry: [{ErrorEquals: [States.ALL]}, {ErrorEquals: [X]}], End: true}",
            "3:76: `States.ALL` stands alone, in the last rule",
        ),
        (
            "  A: {Type: Task, Resource: 'acs:fc:::functions/r', Retry: [{ErrorEquals: [X], BackoffRate: 0.5}], End: true}",
            "3:93: `BackoffRate` is 0.5, and must be from 1 to 1000000",
        ),
        (
            "  A: {Type: Map, ItemReader: {}, ItemProcessor: {StartAt: B, States: {B: {Type: Succeed}}}, End: true}",
            "3:30: `ItemReader` belongs to a distributed map; the processor of one has ProcessorConfig: {Mode: DISTRIBUTED}",
        ),
        (
            "  A: {Type: Map, ItemProcessor: {ProcessorConfig: {Mode: Distributed}, StartAt: B, States: {B: {Type: Succeed}}}, End: true}",
            "3:58: there is no Mode `Distributed`; there are INLINE and DISTRIBUTED",
        ),
        (
            "  A: {Type: Parallel, Branches: [{StartAt: A, States: {A: {Type: Succeed}}}], End: true}",
            "3:56: a state `A` is here twice (3:3: the first)",
        ),
        (
            "  A: {Type: Pass, Output: x, End: true}",
            "3:27: `Output` belongs to JSONata, and only JSON paths are read",
        ),
        (
            "  A: {Type: Fail, Error: E, ErrorPath: $.e}",
            "3:40: a state has Error or ErrorPath, not both",
        ),
        (
            "  A: {Type: Fail, Cause: c, CausePath: $.c}",
            "3:40: a state has Cause or CausePath, not both",
        ),
        (
            "  A: {Type: Pass, InputPath: '$.l[0,]', End: true}",
            "3:30: the expression `$.l[0,]` is wrong at its character 7: an index is missing after the comma",
        ),
        (
            "  A: {Type: Pass, ResultPath: '$.l[0,1]', End: true}",
            "3:31: `ResultPath` must lead to one place in the data; write it such as $.order.id",
        ),
        (
            "  A: {Type: Pass, ResultPath: '$.o[''a'',''b'']', End: true}",
            "3:31: `ResultPath` must lead to one place in the data; write it such as $.order.id",
        ),
        (
            "  A: {Type: Pass, ResultPath: $.l.length(), End: true}",
            "3:31: `ResultPath` must lead to one place in the data; write it such as $.order.id",
        ),
        (
            "  A: {Type: Pass, InputPath: $.l.sum(), End: true}",
            "3:30: the expression `$.l.sum()` is wrong at its character 5: `sum` is no function that ends a path here; there is length()",
        ),
        (
            "  A: {Type: Pass, QueryLanguage: JSONata, End: true}",
            "3:34: state machines are read with JSON paths only, not with JSONata; write the state with InputPath, Parameters, ResultPath and OutputPath",
        ),
    ];
    for (text, wanted) in all {
        assert_eq!(errors(&states(text)), [wanted], "{text}");
        if wanted.contains("no operator") {
            assert!(warnings(&states(text)).is_empty(), "{text}");
        }
    }
    let long = format!(
        "StartAt: A\nStates: {{A: {{Type: Pass, Next: {0}}}, {0}: {{Type: Succeed}}}}",
        "B".repeat(81)
    );
    assert_eq!(
        errors(&long),
        ["2:116: a state's name has at most 80 characters"]
    );
    let other = "{StartAt: A, QueryLanguage: JSONata, States: {A: {Type: Succeed}}}";
    assert!(errors(other)[0].contains("not with JSONata"));
    assert_eq!(errors("{StartAt: A}"), ["1:1: `States` is missing"]);
    assert_eq!(
        errors("{StartAt: A, States: {}}"),
        [
            "1:11: there is no state `A` beside this one; StartAt names a state of the same list of states"
        ]
    );
}

#[test]
fn what_is_doubtful_is_warned_of() {
    let all = [
        (
            "  A: {Type: Pass, Parametres: {}, End: true}",
            "3:19: `Parametres` is not known here and has no effect; did you mean `Parameters`?",
        ),
        (
            "  A: {Type: Pass, Parameters: {x: $.x}, End: true}",
            "3:35: `$.x` is a text here; write .$ behind the key to have it evaluated",
        ),
        (
            "  A: {Type: Task, Resource: 'acs:fc:::functions/r', HeartbeatSeconds: 5, End: true}",
            "3:71: heartbeats are missed only by tasks that wait for a report; TimeoutSeconds ends a task that takes too long",
        ),
        (
            "  A: {Type: Task, Resource: '${Pay}', End: true}",
            "3:29: `${Pay}` names no function and no integration; such as acs:fc:::functions/NAME, arn:aws:lambda:::function:NAME or arn:aws:states:::lambda:invoke",
        ),
        (
            "  A: {Type: Pass, InputPath: '$.l[0:10:2]', OutputPath: '$[0:9:1]', End: true}",
            "3:30: the step in `$.l[0:10:2]` has no effect: every item of the slice is taken",
        ),
        (
            "  A: {Type: Succeed}\n  B: {Type: Succeed}",
            "4:3: nothing leads to `B`",
        ),
    ];
    for (text, wanted) in all {
        let text = states(text);
        assert!(errors(&text).is_empty(), "{text}");
        assert_eq!(warnings(&text), [wanted], "{text}");
    }
}

#[test]
fn work_that_others_ask_for_may_miss_heartbeats() {
    let text = states(
        "  A: {Type: Task, Resource: 'arn:aws:states:us-east-1:1:activity:sign', HeartbeatSeconds: 5, End: true}",
    );
    assert_eq!(warnings(&text), Vec::<String>::new());
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn integrations_are_known_by_name() {
    let said = |resource: &str| {
        warnings(&states(&format!(
            "  A: {{Type: Task, Resource: '{resource}', End: true}}"
        )))
    };
    for known in [
        "arn:aws:states:::sqs:sendMessage",
        "arn:aws-cn:states:::lambda:invoke.waitForTaskToken",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:::states:startExecution.sync",
        // Known, and not served by the local cloud, which says so when the task runs.
        "arn:aws:states:::dynamodb:putItem",
        "arn:aws:states:::elasticmapreduce:addStep.sync",
        "arn:aws:states:::aws-sdk:s3:getObject",
        "arn:aws:states:::aws-sdk:sfn:sendTaskSucess.waitForTaskToken",
        "arn:aws:states:::robot:walk",
        // No integrations.
        "arn:aws:states:us-east-1:1:activity:invok",
        "arn:aws:lambda:us-east-1:1:function:invok",
    ] {
        assert_eq!(said(known), [""; 0], "{known}");
    }
    let all = [
        (
            "arn:aws:states:::sqs:sendMesage",
            "`sqs:sendMesage` is no integration that is known here; did you mean `sqs:sendMessage`?",
        ),
        (
            "arn:aws:states:::lambda:invok.waitForTaskToken",
            "`lambda:invok` is no integration that is known here; did you mean `lambda:invoke`?",
        ),
        (
            "arn:aws:states:::dynamo:putItem",
            "`dynamo:putItem` is no integration that is known here; did you mean `dynamodb:putItem`?",
        ),
        (
            "arn:aws:states:::SQS:SendMessage",
            "`SQS:SendMessage` is no integration that is known here; did you mean `sqs:sendMessage`?",
        ),
        (
            "arn:aws:states:::events:send",
            "`events:send` is no integration that is known here; known of events: `events:putEvents`",
        ),
        (
            "arn:aws:states:::awssdk:s3:getObject",
            "`awssdk:s3:getObject` is no integration that is known here; did you mean `aws-sdk:s3:getObject`?",
        ),
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskTokn",
            "`.waitForTaskTokn` is no way to wait that is known here; did you mean `.waitForTaskToken`?",
        ),
        (
            "arn:aws:states:::states:startExecution.sync:3",
            "`.sync:3` is no way to wait that is known here; did you mean `.sync:2`?",
        ),
        (
            "arn:aws:states:::aws-sdk:s3:getObject.later",
            "`.later` is no way to wait that is known here; there are .sync, .sync:2, .waitForTaskToken",
        ),
    ];
    for (resource, wanted) in all {
        assert_eq!(said(resource), [format!("3:29: {wanted}")], "{resource}");
    }
}
