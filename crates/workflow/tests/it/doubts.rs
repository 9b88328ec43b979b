//! What is said of rules that never apply, circles without a way out, actions and resources that nobody knows, results
//! where there are none, and lists that are empty.

use crate::stage::{errors, warnings};

fn first(steps: &str) -> String {
    format!("version: v1\ntype: flow\nsteps:\n{steps}")
}

fn second(states: &str) -> String {
    format!("Type: StateMachine\nName: f\nSpecVersion: v1\nStartAt: A\nStates:\n{states}")
}

#[test]
fn rules_behind_one_for_all_errors_never_apply() {
    let flow = first(
        "- type: task
  name: A
  resourceArn: acs:fc:::functions/a
  retry:
  - errors: [FnF.ALL]
  - errors: [Busy]
  catch:
  - {errors: [Lost, Late], goto: B}
  - {errors: [Late], goto: B}
  - {errors: [Late, FnF.ALL], goto: B}
  - {errors: [Other], goto: B}
- {type: pass, name: B}
",
    );
    let wanted = [
        "9:5: this rule never applies (8:5: this one takes every error)",
        "12:5: this rule never applies: its errors are taken before it (11:5: here)",
        "14:5: this rule never applies (13:5: this one takes every error)",
    ];
    assert_eq!(warnings(&flow), wanted);
    let none =
        second("- {Type: Task, Name: A, Action: 'ECS:Run', Retry: [{Errors: []}], End: true}\n");
    assert_eq!(
        warnings(&none),
        ["6:52: this rule names no errors, so it never applies"]
    );
}

/// A circle of three states; `way` is what the choice leads to, `task` what the task is more.
fn circle(way: &str, task: &str) -> Vec<String> {
    warnings(&second(&format!(
        "- {{Type: Pass, Name: A, Next: B}}
- {{Type: Task, Name: B, Action: 'ECS:Run', {task} Next: C}}
- {{Type: Choice, Name: C, Branches: [{{Condition: '$Input.x', Next: {way}}}], Default: B}}
- {{Type: Wait, Name: D, Seconds: 5, Next: B}}
- {{Type: Succeed, Name: E}}
"
    )))
    .into_iter()
    .filter(|said| !said.contains("nothing leads to"))
    .collect()
}

#[test]
fn a_circle_without_a_way_out_is_told() {
    let said = circle("B", "");
    assert!(
        matches!(&said[..], [one] if one.starts_with(
            "7:3: `B`, `C` follow each other for ever: nothing leads out (8:3: the last of them); let a choice lead out"
        )),
        "{said:?}"
    );
    // A way out, an error that leads out, a wait, and a task that waits for somebody.
    for (way, task) in [
        ("E", ""),
        ("B", "Catch: [{Errors: [Done], Next: E}],"),
        ("D", ""),
        ("B", "TaskMode: WaitForCustomCallback,"),
    ] {
        assert_eq!(circle(way, task), [""; 0], "{way} {task}");
    }
    let alone = second("- {Type: Pass, Name: A, Next: A}\n");
    let said = warnings(&alone);
    assert!(
        matches!(&said[..], [one] if one.starts_with("6:3: `A` follows itself for ever")),
        "{said:?}"
    );
}

/// Judged step by step it would take minutes.
#[test]
fn a_long_circle_with_a_way_out_is_judged_as_one() {
    let name = |number: usize| match number {
        0 => "A".to_owned(),
        number => format!("S{number}"),
    };
    let passes = (0..900).map(|number| {
        let (name, next) = (name(number), name(number + 1));
        format!("- {{Type: Pass, Name: {name}, Next: {next}}}\n")
    });
    let way = "Branches: [{Condition: '$Input.x == 1', Next: Z}], Default: A";
    let end = format!("- {{Type: Choice, Name: S900, {way}}}\n- {{Type: Succeed, Name: Z}}\n");
    let states: String = passes.chain([end]).collect();
    assert_eq!(warnings(&second(&states)), [""; 0]);
}

#[test]
fn a_circle_of_the_first_language_may_end_inside_of_an_option() {
    let flow = |last: &str| {
        first(&format!(
            "- {{type: pass, name: A}}
- type: choice
  name: C
  choices:
  - condition: $.done
    steps: [{{{last}}}]
    goto: A
  default: {{goto: A}}
"
        ))
    };
    let said = warnings(&flow("type: pass, name: D"));
    assert!(
        matches!(&said[..], [one] if one.contains("`A`, `C` follow each other for ever")),
        "{said:?}"
    );
    for last in [
        "type: pass, name: D, end: true",
        "type: fail, name: D",
        "type: wait, name: D, duration: 5",
    ] {
        assert_eq!(warnings(&flow(last)), [""; 0], "{last}");
    }
}

#[test]
fn resources_that_are_nothing_to_call_are_told() {
    let flow = |name: &str| {
        first(&format!(
            "- {{type: task, name: A, resourceArn: '{name}'}}\n"
        ))
    };
    for known in [
        "acs:fc:cn-hangzhou:1:functions/pay",
        "acs:fc:::services/s.q/functions/f",
        "acs:fnf:::flow/sub",
        "acs:mns:::/topics/t/messages",
        "acs:mns:::/queues/q/messages",
        "service/function",
    ] {
        assert_eq!(warnings(&flow(known)), [""; 0], "{known}");
    }
    for unknown in [
        "pay",
        "acs:fc:::function/pay",
        "acs:fnf:::flows/sub",
        "acs:mns:::/topics/t",
        "acs:oss:::b/k",
    ] {
        let said = warnings(&flow(unknown));
        let wanted = format!("4:38: `{unknown}` names no function, flow, queue or topic");
        assert!(
            matches!(&said[..], [one] if one.starts_with(&wanted)),
            "{said:?}"
        );
    }
}

#[test]
fn actions_are_known_with_what_they_need() {
    let state = |action: &str, more: &str| {
        warnings(&second(&format!(
            "- {{Type: Task, Name: A, Action: '{action}', {more} End: true}}\n"
        )))
    };
    for (action, more) in [
        ("FC:InvokeFunction", "Parameters: {resourceArn: x},"),
        (
            "FC:InvokeFunction",
            "Parameters: {ResourceArn.$: $Input.x},",
        ),
        ("FNF:StartExecution", "Parameters: {flowName: x},"),
        ("Http:Request", "Parameters: {url: 'http://x'},"),
        ("ECS:DescribeInstances", ""),
        ("Eci:Request", ""),
    ] {
        assert_eq!(state(action, more), [""; 0], "{action}");
    }
    let wanted = [
        (
            "FC:InvokeFunction",
            "",
            "6:3: `FC:InvokeFunction` fails without `resourceArn`; it belongs into `Parameters`",
        ),
        (
            "FNF:StartExecution",
            "Parameters: {input: 1},",
            "6:67: `FNF:StartExecution` fails without `resourceArn` or `flowName`; it belongs into `Parameters`",
        ),
        (
            "HTTP:Get",
            "",
            "6:33: `HTTP:Get` is no action that is known here; known of HTTP: `HTTP:Request`",
        ),
        (
            "EventBrige:PutEvents",
            "",
            "6:33: `EventBrige` is no product that is known here; did you mean `EventBridge:PutEvents`?",
        ),
    ];
    for (action, more, said) in wanted {
        assert_eq!(state(action, more), [said]);
    }
    let first = first("- {type: task, name: A, action: 'fnf:startExecution'}\n");
    assert_eq!(
        warnings(&first),
        [
            "4:33: `fnf:startExecution` is no action that is known here; known of fnf: `fnf:StartExecution`, `fnf:StartSyncExecution`"
        ]
    );
}

#[test]
fn a_result_is_seen_only_where_there_is_one() {
    let states = second(
        "- Type: Map
  Name: A
  InputConstructor: {a.$: $Output.x}
  ItemsPath: $Input.list
  ItemConstructor: {of.$: $Item}
  Processor: {StartAt: I, States: [{Type: Pass, Name: I, OutputConstructor: {i.$: $Item, o.$: $Output}, End: true}]}
  Catch: [{Errors: [FnF.ALL], OutputConstructor: {o.$: $Output}, Next: B}]
  OutputConstructor: {o.$: $Output}
  GlobalConstructor: {o.$: $Output.Items}
  Next: B
- {Type: Choice, Name: B, Branches: [{Condition: $Output.x, Next: C}], Default: C}
- {Type: Succeed, Name: C}
",
    );
    let said: Vec<String> = warnings(&states)
        .iter()
        .filter_map(|said| {
            said.split_once(": ")
                .map(|(at, said)| format!("{at} {}", &said[..9]))
        })
        .collect();
    let wanted = [
        "8:27 `$Output`",
        "11:83 `$Item` i",
        "12:56 `$Output`",
        "16:50 `$Output`",
    ];
    assert_eq!(said, wanted);
}

#[test]
fn lists_without_items_are_refused_where_one_is_needed() {
    for (steps, wanted) in [
        (
            "- {type: choice, name: A, choices: []}\n",
            "4:36: `choices` is empty, and one is needed",
        ),
        (
            "- {type: parallel, name: A, branches: []}\n",
            "4:39: `branches` is empty, and one is needed",
        ),
    ] {
        assert_eq!(errors(&first(steps)), [wanted]);
    }
    let states = second("- {Type: Parallel, Name: A, Branches: [], End: true}\n");
    assert_eq!(
        errors(&states),
        ["6:39: `Branches` is empty, and one is needed"]
    );
}

#[test]
fn a_name_that_leads_nowhere_is_told_with_what_is_near() {
    let states =
        second("- {Type: Pass, Name: A, Next: Chargee}\n- {Type: Succeed, Name: Charge}\n");
    assert_eq!(
        errors(&states),
        ["6:31: there is no state `Chargee` beside this one; did you mean `Charge`?"]
    );
    let steps = "- {type: choice, name: A, choices: [{condition: $.x, goto: charge}]}\n- {type: pass, name: Charge}\n";
    assert_eq!(
        errors(&first(steps)),
        ["4:60: there is no step `charge` beside this one; did you mean `Charge`?"]
    );
}
