//! Paths, templates, functions, and the states that only move data.

use serde_json::{Value, json};

use super::{check_all, machine};

#[test]
fn passes_move_data_by_paths() {
    check_all([
        machine("what comes goes on, state after state", "
  A: {Type: Pass, Next: B}
  B: {Type: Pass, Next: C}
  C: {Type: Succeed}").given(json!({"x": 1})).gives(json!({"x": 1})).through("A B C"),
        machine("a result replaces everything", "
  A: {Type: Pass, Result: {y: [1, null]}, End: true}").given(json!({"x": 1})).gives(json!({"y": [1, null]})),
        machine("a result is put beside the input", "
  A: {Type: Pass, Result: 2, ResultPath: $.y.z, End: true}").given(json!({"x": 1})).gives(json!({"x": 1, "y": {"z": 2}})),
        machine("a result is put over what was there", "
  A: {Type: Pass, Result: 2, ResultPath: '$.l[1]', End: true}").given(json!({"l": [0, 1]})).gives(json!({"l": [0, 2]})),
        machine("a result is put aside", "
  A: {Type: Pass, Result: 2, ResultPath: null, End: true}").given(json!({"x": 1})).gives(json!({"x": 1})),
        machine("a result path cannot lead into a text", "
  A: {Type: Pass, Result: 2, ResultPath: $.y, End: true}").given(json!("text")).fails("States.ReferencePathConflict"),
        machine("the input path chooses", "
  A: {Type: Pass, InputPath: $.x, End: true}").given(json!({"x": {"y": 1}})).gives(json!({"y": 1})),
        machine("without input path and output path nothing is seen", "
  A: {Type: Pass, InputPath: null, ResultPath: $.none, Next: B}
  B: {Type: Pass, OutputPath: null, End: true}").given(json!({"x": 1})).gives(json!({})),
        machine("a null input path is an empty map", "
  A: {Type: Pass, InputPath: null, ResultPath: $.none, End: true}").given(json!({"x": 1})).gives(json!({"x": 1, "none": {}})),
        machine("the result goes into the input before its path chose", "
  A: {Type: Pass, InputPath: $.a, ResultPath: $.b, End: true}").given(json!({"a": 1, "c": 2})).gives(json!({"a": 1, "b": 1, "c": 2})),
        machine("the output path chooses last", "
  A: {Type: Pass, Result: {z: 3}, ResultPath: $.y, OutputPath: $.y.z, End: true}").given(json!({"x": 1})).gives(json!(3)),
        machine("an input path that leads nowhere", "
  A: {Type: Pass, InputPath: $.nowhere, End: true}").fails("States.Runtime"),
        machine("an output path that leads nowhere", "
  A: {Type: Pass, OutputPath: $.nowhere, End: true}").fails("States.Runtime"),
        machine("a parameter whose path leads nowhere", "
  A: {Type: Pass, Parameters: {x.$: $.nowhere}, End: true}").fails("States.Runtime"),
        machine("a choice, a wait and a success have paths too", "
  A: {Type: Wait, Seconds: 1, InputPath: $.a, Next: B}
  B: {Type: Choice, OutputPath: $.b, Choices: [{Variable: $.b.go, BooleanEquals: true, Next: C}]}
  C: {Type: Succeed, OutputPath: $.go}").given(json!({"a": {"b": {"go": true}}})).gives(json!(true)).takes(1),
        machine("paths lead to many places", "
  A: {Type: Pass, Parameters: {all.$: '$.l[*].n', some.$: '$.l[?(@.n > 1)].n', part.$: '$.l[0:2].n', last.$: '$.l[-1].n', two.$: '$.l[0, -1, 9].n', deep.$: $..n}, End: true}")
            .given(json!({"l": [{"n": 1}, {"n": 2}, {"n": 3}]}))
            .gives(json!({"all": [1, 2, 3], "some": [2, 3], "part": [1, 2], "last": 3, "two": [1, 3], "deep": [1, 2, 3]})),
        machine("paths take members, count, and filter by lists and patterns", "
  A: {Type: Pass, InputPath: '$.[*].[''bucket'', ''key'']', Parameters: {n.$: $.length(), images.$: '$[?(@.key =~ /.*[.](png|jpe?g)/i)].key', mine.$: '$[?(@.bucket in [''a'', ''b''] && @.key)].key', other.$: '$[?(@.bucket nin [''a''])].key'}, End: true}")
            .given(json!({"x": {"bucket": "a", "key": "1.PNG", "size": 1}, "y": {"bucket": "c", "key": "2.txt"}, "z": {"bucket": "b"}}))
            .gives(json!({"n": 3, "images": ["1.PNG"], "mine": ["1.PNG"], "other": ["2.txt"]})),
        machine("an output path takes members", "
  A: {Type: Pass, OutputPath: '$.o[''a'',''b'']', End: true}").given(json!({"o": {"a": 1, "b": 2, "c": 3}})).gives(json!({"a": 1, "b": 2})),
        machine("a choice looks at a length", "
  A: {Type: Choice, Choices: [{Variable: $.l.length(), NumericGreaterThan: 2, Next: B}], Default: C}
  B: {Type: Succeed}
  C: {Type: Fail}").given(json!({"l": [1, 2, 3]})).gives(json!({"l": [1, 2, 3]})).through("A B"),
    ]);
}

#[test]
fn templates_evaluate_keys_with_the_suffix_only() {
    check_all([
        machine("at any depth, in lists too", "
  A: {Type: Pass, Parameters: {plain: $.x, deep: {y.$: $.x}, list: [{z.$: $.x}, 1]}, End: true}")
            .given(json!({"x": 7})).gives(json!({"plain": "$.x", "deep": {"y": 7}, "list": [{"z": 7}, 1]})),
        machine("a result is no template", "
  A: {Type: Pass, Result: {x.$: $.x}, End: true}").given(json!({"x": 7})).gives(json!({"x.$": "$.x"})),
        machine("the context", "
  A: {Type: Pass, Parameters: {run.$: $$.Execution.Name, in.$: $$.Execution.Input.x, flow.$: $$.StateMachine.Name, state.$: $$.State.Name, since.$: $$.State.EnteredTime, again.$: $$.Execution.RedriveCount}, End: true}")
            .given(json!({"x": 7}))
            .gives(json!({"run": "run", "in": 7, "flow": "flow", "state": "A", "since": "2020-09-13T12:26:40.000Z", "again": 0})),
        machine("paths may begin in the context", "
  A: {Type: Pass, InputPath: $$.Execution.Input.x, Next: B}
  B: {Type: Pass, Parameters: {here.$: $}, End: true}").given(json!({"x": 7})).gives(json!({"here": 7})),
        machine("a result selector shapes what a task replied", "
  A: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:echo', ResultSelector: {y.$: $.x, at.$: $$.State.Name}, ResultPath: $.got, End: true}")
            .given(json!({"x": 7})).gives(json!({"x": 7, "got": {"y": 7, "at": "A"}})),
        machine("parameters of a task shape the call only", "
  A: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:echo', Parameters: {y.$: $.x}, ResultPath: $.got, End: true}")
            .given(json!({"x": 7})).gives(json!({"x": 7, "got": {"y": 7}})),
        machine("parameters of a task know which try it is", "
  A: {Type: Task, Resource: 'arn:aws:states:::sqs:sendMessage', Parameters: {n.$: $$.State.RetryCount}, End: true}")
            .gives(json!({"n": 0})),
    ]);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn functions() {
    let all = [
        (
            "States.Format('Formatting {}.', $.text)",
            json!("Formatting a,b."),
        ),
        (
            "States.Format('{} {} {}', null, 1.1, $.map)",
            json!("null 1.1 {\"a\":1}"),
        ),
        ("States.Format('\\{{}\\}', 1)", json!("{1}")),
        ("States.Array()", json!([])),
        ("States.Array(1, 'b', $.map)", json!([1, "b", {"a": 1}])),
        ("States.ArrayPartition($.list, 2)", json!([[1, 2], [2, 3]])),
        ("States.ArrayPartition($.list, 9)", json!([[1, 2, 2, 3]])),
        ("States.ArrayContains($.list, 3)", json!(true)),
        ("States.ArrayContains($.list, '3')", json!(false)),
        ("States.ArrayRange(1, 9, 2)", json!([1, 3, 5, 7, 9])),
        ("States.ArrayRange(2, -2, -2)", json!([2, 0, -2])),
        ("States.ArrayGetItem($.list, 3)", json!(3)),
        ("States.ArrayLength($.list)", json!(4)),
        ("States.ArrayUnique($.list)", json!([1, 2, 3])),
        ("States.Base64Encode('Data')", json!("RGF0YQ==")),
        ("States.Base64Decode('RGF0YQ==')", json!("Data")),
        (
            "States.Hash('input data', 'SHA-1')",
            json!("aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ),
        (
            "States.JsonMerge($.map, $.other, false)",
            json!({"a": 2, "b": 3}),
        ),
        ("States.StringToJson('')", Value::Null),
        ("States.StringToJson('[1, \"x\"]')", json!([1, "x"])),
        ("States.JsonToString($.map)", json!("{\"a\":1}")),
        ("States.MathAdd(-9, 3)", json!(-6)),
        ("States.MathAdd(1.5, 1.51)", json!(4)),
        ("States.StringSplit(', , ,', ',')", json!([" ", " "])),
        (
            "States.StringSplit('This.is+a,test=string', '.+,=')",
            json!(["This", "is", "a", "test", "string"]),
        ),
        (
            "States.ArrayLength(States.StringSplit($.text, ','))",
            json!(2),
        ),
    ];
    let data =
        json!({"text": "a,b", "map": {"a": 1}, "other": {"a": 2, "b": 3}, "list": [1, 2, 2, 3]});
    for (call, wanted) in all {
        let quoted = call.replace('\'', "''");
        let state = format!(
            "  A: {{Type: Pass, Parameters: {{made.$: '{quoted}'}}, OutputPath: $.made, End: true}}"
        );
        check_all([machine("a function", &state)
            .given(data.clone())
            .gives(wanted)]);
    }
    check_all([
        machine("a function that does not take its arguments is an error of its own", "
  A: {Type: Pass, Parameters: {x.$: 'States.ArrayGetItem($.l, 7)'}, End: true}")
            .given(json!({"l": []})).fails("States.IntrinsicFailure"),
        machine("which a rule catches", "
  A: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:echo', Parameters: {x.$: States.StringToJson($.t)}, Catch: [{ErrorEquals: [States.ALL], ResultPath: null, Next: B}], End: true}
  B: {Type: Pass, End: true}").given(json!({"t": "{"})).gives(json!({"t": "{"})),
    ]);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn waits_end_when_they_say() {
    let moment = |text: &str| json!({"at": text});
    let wait = |title| machine(title, "\n  A: {Type: Wait, TimestampPath: $.at, End: true}");
    let mut all = vec![
        machine(
            "so many seconds",
            "
  A: {Type: Wait, Seconds: 10, End: true}",
        )
        .takes(10),
        machine(
            "so many as the data says",
            "
  A: {Type: Wait, SecondsPath: $.s, End: true}",
        )
        .given(json!({"s": 3}))
        .gives(json!({"s": 3}))
        .takes(3),
        machine(
            "seconds that are none",
            "
  A: {Type: Wait, SecondsPath: $.s, End: true}",
        )
        .given(json!({"s": "x"}))
        .fails("States.Runtime"),
        machine(
            "seconds below zero",
            "
  A: {Type: Wait, SecondsPath: $.s, End: true}",
        )
        .given(json!({"s": -1}))
        .fails("States.Runtime"),
        machine(
            "until a moment in the text",
            "
  A: {Type: Wait, Timestamp: '2020-09-13T12:26:50Z', End: true}",
        )
        .takes(10),
        machine(
            "a moment that is past",
            "
  A: {Type: Wait, Timestamp: '2016-12-05T21:29:29Z', End: true}",
        )
        .takes(0),
        wait("until a moment in the data")
            .given(moment("2020-09-13T14:26:45+02:00"))
            .gives(moment("2020-09-13T14:26:45+02:00"))
            .takes(5),
    ];
    let bad = [
        "2016-12-05 21:29:29Z",
        "2016-12-05T21:29:29",
        "2016-13-05T21:29:29Z",
        "2016-12-05T25:29:29Z",
        "05-12-2016T21:29:29Z",
    ];
    all.extend(bad.map(|text| {
        wait("no moment")
            .given(moment(text))
            .fails("States.Runtime")
    }));
    check_all(all);
}
