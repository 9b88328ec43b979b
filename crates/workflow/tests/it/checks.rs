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

/// Tasks whose names are nothing but verbs; `charge` and `ship` are where the rules of those lead, if they have some.
fn verbs(charge: &str, ship: &str) -> String {
    let state = |name: &str, caught: &str, next: &str| {
        let rule = match caught {
            "" => String::new(),
            step => format!("Catch: [{{ErrorEquals: [States.ALL], Next: {step}}}],"),
        };
        let next = match next {
            "" => "End: true".to_owned(),
            step => format!("Next: {step}"),
        };
        format!("  {name}: {{Type: Task, Resource: 'acs:fc:::functions/r', {rule} {next}}}\n")
    };
    let states = [
        state("Reserve", "", "Charge"),
        state("Charge", charge, "Ship"),
        state("Ship", ship, ""),
        state("Refund", "", "Release"),
        state("Release", "", ""),
    ];
    format!("StartAt: Reserve\nStates:\n{}", states.concat())
}

#[test]
fn verbs_tell_what_undoes_what() {
    let stays_done = |charge: &str, ship: &str| -> Vec<String> {
        let said = warnings(&verbs(charge, ship)).into_iter();
        said.filter(|line| line.contains("stays done")).collect()
    };
    let whole = stays_done("Release", "Refund");
    assert!(whole.is_empty(), "{whole:?}");
    let open = stays_done("", "Refund");
    assert!(
        matches!(&open[..], [one] if one.contains("`Reserve` stays done when `Charge` fails, which nothing catches")),
        "{open:?}"
    );
    let skipped = stays_done("Release", "Release");
    assert!(
        matches!(&skipped[..], [one] if one.contains("`Charge` stays done when this rule catches an error of `Ship`")),
        "{skipped:?}"
    );
}

#[test]
fn a_task_that_only_its_own_rule_undoes_was_forgotten_by_later_rules() {
    let text = "
StartAt: BookHotel
States:
  BookHotel: {Type: Task, Resource: 'acs:fc:::functions/r', Next: BookFlight}
  BookFlight: {Type: Task, Resource: 'acs:fc:::functions/r', Catch: [{ErrorEquals: [States.ALL], Next: CancelFlight}], Next: BookCar}
  BookCar: {Type: Task, Resource: 'acs:fc:::functions/r', Catch: [{ErrorEquals: [States.ALL], Next: CancelCar}], End: true}
  CancelCar: {Type: Task, Resource: 'acs:fc:::functions/r', Next: CancelHotel}
  CancelFlight: {Type: Task, Resource: 'acs:fc:::functions/r', Next: CancelHotel}
  CancelHotel: {Type: Task, Resource: 'acs:fc:::functions/r', End: true}";
    let said = warnings(text);
    let wanted = "`BookFlight` stays done when this rule catches an error of `BookCar`";
    assert!(
        matches!(&said[..], [one] if one.contains(wanted)),
        "{said:?}"
    );
    let whole = text.replace(
        "CancelCar: {Type: Task, Resource: 'acs:fc:::functions/r', Next: CancelHotel",
        "CancelCar: {Type: Task, Resource: 'acs:fc:::functions/r', Next: CancelFlight",
    );
    assert!(warnings(&whole).is_empty(), "{:?}", warnings(&whole));
}

#[test]
fn what_nobody_does_for_nothing_is_undone_where_others_are() {
    let flow = order(&catch("ReleaseStock"), &catch("ReleaseStock")).replace(
        "- {type: task, name: RefundCard, resourceArn: 'acs:fc:::functions/RefundCard'}\n",
        "",
    );
    let said = warnings(&flow);
    let wanted = "`ChargeCard` stays done when this rule catches an error of `ShipParcel`: nothing here undoes it";
    assert!(
        matches!(&said[..], [one] if one.contains(wanted)),
        "{said:?}"
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
  A: {{Type: Task, Resource: 'acs:fc:::functions/r', ResultPath: $.seat, Next: B}}
  B: {{Type: Task, Resource: 'acs:fc:::functions/r', ResultPath: $.paid, Catch: [{{ErrorEquals: [States.ALL], ResultPath: null, Next: Y}}], Next: C}}
  C: {{Type: Task, Resource: 'acs:fc:::functions/r', ResultPath: null, Catch: [{{ErrorEquals: [Lost], ResultPath: null, Next: {last}}}], End: true}}
  X: {{Type: Task, Resource: 'acs:fc:::functions/r', Parameters: {{id.$: $.paid.id}}, ResultPath: null, Next: Y}}
  Y: {{Type: Task, Resource: 'acs:fc:::functions/r', Parameters: {{id.$: $.seat.id}}, ResultPath: null, Next: Z}}
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
            .any(|line| line.starts_with("6:79: `A` stays done")),
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

/// A seat and a meal that are reserved and fixed after the payment. What undoes the reservations is named after the fixing, too.
const SEATS: &str = "
StartAt: ReserveSeat
States:
  ReserveSeat: {Type: Task, Resource: 'acs:fc:::functions/r', Next: ReserveMeal}
  ReserveMeal: {Type: Task, Resource: 'acs:fc:::functions/r', Catch: [{ErrorEquals: [States.ALL], Next: CancelSeatRequest}], Next: TakeMoney}
  TakeMoney: {Type: Task, Resource: 'acs:fc:::functions/r', Catch: [{ErrorEquals: [States.ALL], Next: CancelMealRequest}], Next: FixSeat}
  FixSeat: {Type: Task, Resource: 'acs:fc:::functions/r', Catch: [{ErrorEquals: [States.ALL], Next: RefundMoney}], Next: FixMealChoice}
  FixMealChoice: {Type: Task, Resource: 'acs:fc:::functions/r', Catch: [{ErrorEquals: [States.ALL], Next: RefundMoney}], End: true}
  RefundMoney: {Type: Task, Resource: 'acs:fc:::functions/r', Next: CancelMealRequest}
  CancelMealRequest: {Type: Task, Resource: 'acs:fc:::functions/r', Next: CancelSeatRequest}
  CancelSeatRequest: {Type: Task, Resource: 'acs:fc:::functions/r', Next: Over}
  Over: {Type: Fail}";

#[test]
fn an_opposite_verb_and_a_word_in_common_undo_what_later_tasks_are_named_after_too() {
    // The same by words for undoing anything, beside a task of another verb that is closer by its name, and inside a step.
    let any = SEATS.replace("CancelSeat", "RevertSeat");
    let closer = SEATS.replace("FixSeat", "ConfirmSeatRequest");
    let inside = SEATS
        .replace("Next: CancelSeatRequest", "Next: Together")
        .replace(
            "CancelSeatRequest: {Type: Task, Resource: 'acs:fc:::functions/r', Next: Over}",
            "Together: {Type: Parallel, Next: Over, Branches: [{StartAt: CancelSeatRequest, States: {CancelSeatRequest: {Type: Task, Resource: 'acs:fc:::functions/r', End: true}}}]}",
        );
    for text in [SEATS, &any, &closer, &inside] {
        assert!(warnings(text).is_empty(), "{:?}", warnings(text));
    }
}

#[test]
fn what_undoes_another_task_of_that_verb_or_is_not_led_to_undoes_nothing() {
    let stays = |text: &str, wanted: &str| {
        let said = warnings(text);
        assert!(
            matches!(&said[..], [one] if one.contains(wanted)),
            "{said:?}"
        );
    };
    let nothing = "`ReserveSeat` stays done when this rule catches an error of `FixSeat`: nothing here undoes it";
    // What has more in common with the other reservation.
    let other = SEATS
        .replace("ReserveMeal", "ReserveMealSeat")
        .replace("CancelMealRequest", "CancelMealSeatRequest")
        .replace("CancelSeatRequest", "SendSeatRequestMail");
    stays(&other, nothing);
    // A verb that is no opposite.
    stays(&SEATS.replace("CancelSeat", "ReportSeat"), nothing);
    // The money is given back and the seat is kept.
    let skipped = SEATS.replace(
        "CancelMealRequest: {Type: Task, Resource: 'acs:fc:::functions/r', Next: CancelSeatRequest",
        "CancelMealRequest: {Type: Task, Resource: 'acs:fc:::functions/r', Next: Over",
    );
    stays(
        &skipped,
        "`ReserveSeat` stays done when this rule catches an error of `FixSeat` (4:3: done here); `CancelSeatRequest` undoes it: lead there first",
    );
}

#[test]
fn each_way_may_undo_a_task_by_a_step_of_its_own() {
    let text = "
StartAt: BookHotel
States:
  BookHotel: {Type: Task, Resource: 'acs:fc:::functions/r', Next: AskGuest}
  AskGuest: {Type: Task, Resource: 'acs:fc:::functions/r', Catch: [{ErrorEquals: [States.ALL], Next: CancelHotel}], Next: PrintVoucher}
  PrintVoucher: {Type: Task, Resource: 'acs:fc:::functions/r', Catch: [{ErrorEquals: [States.ALL], Next: CancelHotelLateFee}], End: true}
  CancelHotel: {Type: Task, Resource: 'acs:fc:::functions/r', Next: Over}
  CancelHotelLateFee: {Type: Task, Resource: 'acs:fc:::functions/r', Next: Over}
  Over: {Type: Fail}";
    assert!(warnings(text).is_empty(), "{:?}", warnings(text));
    let said = warnings(&text.replace("CancelHotelLateFee", "SendHotelLateFee"));
    let wanted = "`BookHotel` stays done when this rule catches an error of `PrintVoucher`";
    assert!(
        matches!(&said[..], [one] if one.contains(wanted)),
        "{said:?}"
    );
}
