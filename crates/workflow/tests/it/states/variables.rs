//! Variables of the States Language. What `assign` and `assign_reference_variables` of the recorded executions show (see
//! above): values that look like paths, what `$` is in a pass state, a choice and a rule that catches, that all fields of
//! a state see variables as they were before it, scopes of maps and branches, paths of every field.

use serde_json::json;

use super::{check_all, machine};
use crate::stage::{Stage, errors, warnings};

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn states_set_variables_and_use_them_later() {
    check_all([
        machine("texts that look like expressions are texts", "
  A: {Type: Pass, Assign: {a: [$.no, $$, $b, {c: 'States.UUID()'}], n: null, o: {}}, Next: B}
  B: {Type: Pass, Parameters: {a.$: $a, n.$: $n, o.$: $o}, End: true}")
            .gives(json!({"a": ["$.no", "$$", "$b", {"c": "States.UUID()"}], "n": null, "o": {}})),
        machine("paths, functions and the context", "
  A: {Type: Pass, Assign: {x.$: $.x, all.$: $, said.$: \"States.Format('{}!', $.x)\", name.$: $$.State.Name}, Next: B}
  B: {Type: Pass, Result: gone, Next: C}
  C: {Type: Pass, Parameters: {a.$: $x, b.$: $all.x, c.$: $said, d.$: $name}, End: true}")
            .given(json!({"x": 1})).gives(json!({"a": 1, "b": 1, "c": "1!", "d": "A"})),
        machine("a state sees them as they were before it", "
  A: {Type: Pass, Result: {q: why}, Assign: {question.$: $.q, answer: 42}, Next: B}
  B: {Type: Pass, InputPath: $answer, ResultPath: $.r, OutputPath: $answer, Assign: {answer: none, old.$: $answer}, Next: C}
  C: {Type: Pass, Parameters: {now.$: $answer, then.$: $old, in.$: $}, End: true}")
            .gives(json!({"now": "none", "then": 42, "in": 42})),
        machine("of a pass state, what its parameters make", "
  A: {Type: Pass, Parameters: {input: PENDING}, Assign: {result.$: $.input}, Next: B}
  B: {Type: Pass, Assign: {result: SUCCESS, first.$: $.input}, Next: C}
  C: {Type: Pass, Parameters: {a.$: $result, b.$: $first}, End: true}")
            .gives(json!({"a": "SUCCESS", "b": "PENDING"})),
        machine("of a task, what it yields before a selector shapes it", "
  A: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:echo', ResultSelector: {y.$: $.x}, ResultPath: null, Assign: {all.$: $, x.$: $.x}, Next: B}
  B: {Type: Pass, Parameters: {a.$: $all.x, b.$: $x}, End: true}")
            .given(json!({"x": 7})).gives(json!({"a": 7, "b": 7})),
        machine("a wait", "
  A: {Type: Pass, Assign: {seconds: 3, when: '2030-01-01T00:00:00Z'}, Next: B}
  B: {Type: Wait, SecondsPath: $seconds, Assign: {waited.$: $.x}, Next: C}
  C: {Type: Pass, Parameters: {w.$: $waited}, End: true}")
            .given(json!({"x": 1})).gives(json!({"w": 1})).takes(3),
        machine("time-outs and names of errors", "
  A: {Type: Pass, Assign: {limit: 5, error: Late, cause: too slow}, Next: B}
  B: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:never', TimeoutSecondsPath: $limit, Catch: [{ErrorEquals: [States.Timeout], Next: C}], End: true}
  C: {Type: Fail, ErrorPath: $error, CausePath: $cause}").fails("Late").takes(5),
        machine("a rule that catches sees the error", "
  A:
    Type: Task
    Resource: arn:aws:lambda:r:1:function:fail-Broken
    Assign: {how: well}
    Catch: [{ErrorEquals: [States.ALL], Assign: {how.$: $.Error, in.$: $$.State.Name}, ResultPath: null, Next: B}]
    End: true
  B: {Type: Pass, Parameters: {how.$: $how, in.$: $in}, End: true}").gives(json!({"how": "Broken", "in": "A"})),
        machine("what failed and is tried again sets nothing before it is done", "
  A: {Type: Pass, Assign: {tries: 0}, Next: B}
  B: {Type: Task, Resource: 'arn:aws:lambda:r:1:function:flaky-2-Busy', Retry: [{ErrorEquals: [Busy]}], Assign: {tries.$: 'States.MathAdd($tries, 1)'}, Next: C}
  C: {Type: Pass, Parameters: {n.$: $tries}, End: true}").gives(json!({"n": 1})).calls(3),
    ]);
}

#[test]
fn ways_of_choices_set_their_own() {
    let states = "
  A:
    Type: Choice
    Choices:
    - {Variable: $.x, IsPresent: false, Assign: {status: UNKNOWN, guess: none}, Next: B}
    - {Variable: $.x, NumericEquals: 42, Assign: {status: CORRECT, guess.$: $.x}, Next: B}
    - {Variable: $.x, NumericEquals: 0, Next: B}
    Assign: {status: INCORRECT, guess.$: $.x}
    Default: B
  B: {Type: Pass, Parameters: {a.$: $status, b.$: $guess}, End: true}";
    check_all([
        machine("that of the rule", states).gives(json!({"a": "UNKNOWN", "b": "none"})),
        machine("with data", states)
            .given(json!({"x": 42}))
            .gives(json!({"a": "CORRECT", "b": 42})),
        machine("that of the state, if no rule holds", states)
            .given(json!({"x": 7}))
            .gives(json!({"a": "INCORRECT", "b": 7})),
        machine("none, if the rule has none", states)
            .given(json!({"x": 0}))
            .fails("States.Runtime"),
        machine("rules ask for them, in loops too", "
  A: {Type: Pass, Assign: {guess: wrong, answer: right, n: 0}, Next: B}
  B: {Type: Choice, Choices: [{Variable: $guess, StringEqualsPath: $answer, Next: D}, {Variable: $n, NumericGreaterThan: 5, Next: E}], Default: C}
  C: {Type: Pass, Assign: {guess.$: $answer, n.$: 'States.MathAdd($n, 1)'}, Next: B}
  D: {Type: Pass, Parameters: {n.$: $n}, End: true}
  E: {Type: Fail, Error: Endless}").gives(json!({"n": 1})).through("A B C B D"),
    ]);
}

#[test]
fn scopes_see_what_is_around_them() {
    check_all([
        machine("an item sees outer ones and its own; both are as before outside", "
  A: {Type: Pass, Assign: {x: 42, items: [1, 2, 3]}, Next: B}
  B:
    Type: Map
    ItemsPath: $items
    ItemProcessor:
      StartAt: C
      States:
        C: {Type: Pass, Assign: {inner.$: $x, item.$: $}, Next: D}
        D: {Type: Pass, Parameters: {x.$: $inner, item.$: $item}, End: true}
    Assign: {all.$: '$[*].item'}
    Next: E
  E: {Type: Pass, Parameters: {x.$: $x, all.$: $all}, End: true}").gives(json!({"x": 42, "all": [1, 2, 3]})),
        machine("an item's selector and the width", "
  A: {Type: Pass, Assign: {bias: 10, width: 1}, Next: B}
  B:
    Type: Map
    ItemsPath: $.list
    MaxConcurrencyPath: $width
    ItemSelector: {n.$: $$.Map.Item.Value, bias.$: $bias}
    ItemProcessor: {StartAt: C, States: {C: {Type: Wait, Seconds: 2, Next: D}, D: {Type: Pass, Parameters: {sum.$: 'States.MathAdd($.n, $bias)'}, End: true}}}
    End: true").given(json!({"list": [1, 2]})).gives(json!([{"sum": 11}, {"sum": 12}])).takes(4),
        machine("maps in maps", "
  A: {Type: Pass, Result: [[9, 44, 6], [82, 25, 76]], Assign: {bias: 4}, Next: B}
  B:
    Type: Map
    ItemProcessor:
      StartAt: C
      States:
        C: {Type: Pass, Assign: {x.$: '$[0]', y.$: '$[1]', z.$: '$[2]'}, Next: D}
        D:
          Type: Map
          ItemProcessor:
            StartAt: E
            States:
              E: {Type: Pass, Assign: {sum.$: 'States.MathAdd(States.MathAdd(States.MathAdd($y, $x), $z), $bias)'}, Next: F}
              F: {Type: Pass, OutputPath: $sum, End: true}
          End: true
    End: true").gives(json!([[63, 63, 63], [187, 187, 187]])),
        machine("branches have names of their own", "
  A: {Type: Pass, Assign: {x: 1}, Next: B}
  B:
    Type: Parallel
    Branches:
    - {StartAt: C, States: {C: {Type: Pass, Assign: {inner.$: 'States.MathAdd($x, 1)'}, Next: D}, D: {Type: Wait, Seconds: 2, Next: E}, E: {Type: Pass, OutputPath: $inner, End: true}}}
    - {StartAt: F, States: {F: {Type: Wait, Seconds: 1, Next: G}, G: {Type: Pass, Assign: {inner: other}, Next: H}, H: {Type: Pass, OutputPath: $inner, End: true}}}
    Assign: {both.$: $}
    Next: I
  I: {Type: Pass, Parameters: {x.$: $x, both.$: $both}, End: true}").gives(json!({"x": 1, "both": [2, "other"]})),
    ]);
}

#[test]
fn what_cannot_be_is_told() {
    let inner = |assign: &str, uses: &str| {
        format!(
            "
  A: {{Type: Pass, Assign: {{x: 1}}, Next: B}}
  B:
    Type: Map
    ItemProcessor: {{StartAt: C, States: {{C: {{Type: Pass, Assign: {{{assign}: 1}}, End: true}}}}}}
    Next: D
  D: {{Type: Pass, Parameters: {{y.$: {uses}}}, End: true}}"
        )
    };
    let cases = [
        (inner("y", "$x"), ""),
        (inner("x", "$x"), "the variable `x` is set around here too"),
        (inner("y", "$y"), "the variable `y` cannot be seen here"),
        (inner("y", "$z"), "no state sets the variable `z`"),
        (inner("1y", "$x"), "`1y` cannot be a variable's name"),
        (inner("states", "$x"), "`states` is kept"),
        (inner("y", "$states.input"), "there is no `$states`"),
        (inner(&"y".repeat(81), "$x"), "at most 80 characters"),
        (
            "\n  A: {Type: Pass, Assign: {x: 1}, ResultPath: $x, End: true}".to_owned(),
            "`ResultPath` must lead to one place in the data",
        ),
        (
            "\n  A: {Type: Succeed, Assign: {x: 1}}".to_owned(),
            "`Assign` is not known here",
        ),
        (
            "\n  A: {Type: Pass, Assign: [x], End: true}".to_owned(),
            "`Assign` must be a map of variables",
        ),
        (
            "
  A: {Type: Pass, Assign: {x: 1}, Next: B}
  B:
    Type: Map
    ItemProcessor:
      ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}
      StartAt: C
      States: {C: {Type: Pass, OutputPath: $x, End: true}}
    End: true"
                .to_owned(),
            "the variable `x` cannot be seen here",
        ),
    ];
    for (states, said) in cases {
        let text = format!("StartAt: A\nStates:{states}");
        let findings = [errors(&text), warnings(&text)].concat().join("\n");
        if said.is_empty() {
            assert_eq!(findings, "", "{states}");
        } else {
            assert!(findings.contains(said), "{states}: {findings}");
        }
    }
}

#[test]
fn branches_that_set_their_own_share_what_is_around_them() {
    let branch = |name: &str| {
        let set = format!("{name}: {{Type: Pass, Assign: {{own{name}: 1}}, Next: {name}2}}");
        let ask = format!(
            "{name}2: {{Type: Task, Resource: 'arn:aws:lambda:r:1:function:f', End: true}}"
        );
        format!("{{StartAt: {name}, States: {{{set}, {ask}}}}}")
    };
    let set = "A: {Type: Pass, Assign: {big.$: $.big}, Next: B}";
    let (c, d) = (branch("C"), branch("D"));
    let both = format!("B: {{Type: Parallel, Branches: [{c}, {d}], End: true}}");
    let text = format!("StartAt: A\nStates:\n  {set}\n  {both}");
    // Nobody answers, so that both branches stay.
    let stage = Stage::new(&text, |_| None).start(json!({"big": "x".repeat(1000)}));
    let frames = stage.execution().frames.values();
    let kept: Vec<_> = frames.map(|frame| &frame.variables).collect();
    assert_eq!(kept.len(), 3);
    let big = |number: usize| std::ptr::from_ref(kept[number].get("big").unwrap());
    assert_eq!((big(0), big(0)), (big(1), big(2)));
    assert!(kept[1].get("ownC").is_some() && kept[2].get("ownD").is_some());
}
