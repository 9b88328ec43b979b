//! What is said of flows that can be read and may not do what was meant.

use crate::stage::warnings;

/// An order of three tasks. `charge` is what the second one adds, `ship` the third.
fn order(charge: &str, ship: &str) -> String {
    let task = |name: &str, more: &str| {
        format!("- {{type: task, name: {name}, resourceArn: 'acs:fc:::functions/{name}'{more}}}\n")
    };
    let steps = [
        task("ReserveStock", ""),
        task("ChargeCard", charge),
        task("ShipParcel", ship),
        "- {type: succeed, name: Done}\n".to_owned(),
        task("RefundCard", ""),
        task("ReleaseStock", ""),
        "- {type: fail, name: Failed}\n".to_owned(),
    ];
    format!("version: v1\ntype: flow\nsteps:\n{}", steps.concat())
}

fn catch(goto: &str) -> String {
    format!(", catch: [{{errors: [FnF.ALL], goto: {goto}}}]")
}

#[test]
fn what_a_saga_undoes_once_it_must_undo_always() {
    let whole = order(&catch("ReleaseStock"), &catch("RefundCard"));
    assert!(warnings(&whole).is_empty(), "{:?}", warnings(&whole));
    // The third task's rule skips the stock, then the refund, to which nothing leads any more.
    let skips = |to: &str, task: &str, at: &str, undo: &str| {
        let said = warnings(&order(&catch("ReleaseStock"), &catch(to)));
        let wanted = format!(
            "6:88: `{task}` stays done when this rule catches an error of `ShipParcel` ({at}: done here); `{undo}` undoes it: lead there first"
        );
        assert!(said.contains(&wanted), "{said:?}");
    };
    skips("Failed", "ReserveStock", "4:3", "ReleaseStock");
    skips("ReleaseStock", "ChargeCard", "5:3", "RefundCard");
    // The third task has no rule.
    let open = order(&catch("ReleaseStock"), "");
    let wanted = "6:3: `ReserveStock` stays done when `ShipParcel` fails, which nothing catches (4:3: done here); `ReleaseStock` undoes it: catch the errors here and lead there";
    assert!(
        warnings(&open).contains(&wanted.to_owned()),
        "{:?}",
        warnings(&open)
    );
}

#[test]
fn flows_that_undo_nothing_and_rules_that_go_on_are_not_judged() {
    let plain = order("", "").replace("- {type: succeed, name: Done}\n", "");
    assert!(warnings(&plain).is_empty(), "{:?}", warnings(&plain));
    let goes_on = order(&catch("ReleaseStock"), &catch("Done"));
    let said = warnings(&goes_on);
    assert!(
        said.iter().all(|line| line.contains("nothing leads to")),
        "{said:?}"
    );
}

#[test]
fn who_is_told_of_a_failure_undoes_nothing() {
    let mails = order(&catch("ReleaseStock"), &catch("Failed"))
        .replace("ReleaseStock", "SendStockLostMail");
    let said = warnings(&mails);
    assert!(
        said.iter().all(|line| !line.contains("stays done")),
        "{said:?}"
    );
}

#[test]
fn what_undoes_is_known_by_its_data_too() {
    let text = |last: &str| {
        format!(
            "
StartAt: A
States:
  A: {{Type: Task, Resource: r, ResultPath: $.seat, Next: B}}
  B: {{Type: Task, Resource: r, ResultPath: $.paid, Catch: [{{ErrorEquals: [States.ALL], ResultPath: null, Next: Y}}], Next: C}}
  C: {{Type: Task, Resource: r, ResultPath: null, Catch: [{{ErrorEquals: [Lost], ResultPath: null, Next: {last}}}], End: true}}
  X: {{Type: Task, Resource: r, Parameters: {{id.$: $.paid.id}}, ResultPath: null, Next: Y}}
  Y: {{Type: Task, Resource: r, Parameters: {{id.$: $.seat.id}}, ResultPath: null, Next: Z}}
  Z: {{Type: Fail}}
"
        )
    };
    assert!(
        warnings(&text("X")).is_empty(),
        "{:?}",
        warnings(&text("X"))
    );
    let said = warnings(&text("Z"));
    assert!(
        said.iter()
            .any(|line| line.starts_with("6:58: `A` stays done")),
        "{said:?}"
    );
    // A single task that reads what another wrote may as well tell somebody of the failure.
    let told = warnings(&text("Z").replace("$.paid.id", "$.no"));
    assert!(
        told.iter().all(|line| !line.contains("stays done")),
        "{told:?}"
    );
}

#[test]
fn ways_that_the_text_alone_decides_are_told() {
    let states = "
Type: StateMachine
Name: f
SpecVersion: v1
StartAt: C
States:
- Type: Choice
  Name: C
  Branches:
  - {Condition: '1 > 2', Next: E}
  - {Condition: '$Input.x || !false', Next: E}
  - {Condition: '$Input.y', Next: E}
  Default: E
- {Type: Succeed, Name: E}
";
    let wanted = [
        "10:17: this condition never holds",
        "12:17: this way is never taken (11:17: this condition always holds)",
    ];
    assert_eq!(warnings(states), wanted);
}
