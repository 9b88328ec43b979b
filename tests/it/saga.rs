//! The template `order-saga`: whichever step fails, what was done is undone; whatever is killed, nobody pays twice.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::shop::{Shop, set, steps};

/// The step that fails, the steps that follow, how the order stands then, and what is written down of it.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static [&'static str],
);

const MATRIX: [Row; 5] = [
    (
        "",
        &["Charge", "Ship", "Notify", "Done"],
        "done",
        &["charges", "letters", "parcels", "reserved"],
    ),
    ("Reserve", &["Release", "Record"], "undone", &[]),
    (
        "Charge",
        &["Charge", "Refund", "Release", "Record"],
        "undone",
        // The place of the charge is taken, so that none can come late.
        &["charges"],
    ),
    (
        "Ship",
        &["Charge", "Ship", "Refund", "Release", "Record"],
        "undone",
        &["charges", "refunds"],
    ),
    (
        "Notify",
        &["Charge", "Ship", "Notify", "Done"],
        "done",
        &["charges", "parcels", "reserved"],
    ),
];

#[test]
fn whichever_step_fails_what_was_done_is_undone_in_reverse() {
    let shop = Shop::deployed();
    shop.run("plan --detailed-exitcode");
    let orders: Vec<String> = MATRIX
        .iter()
        .map(|(step, ..)| {
            let fail = if step.is_empty() {
                json!({})
            } else {
                json!({ *step: "Rehearsed" })
            };
            shop.order(&json!({ "sku": "lamp", "count": 1, "fail": fail }))
        })
        .collect();
    for ((step, after, state, left), id) in MATRIX.iter().zip(&orders) {
        let order = shop.ended(id);
        let mut wanted = vec!["Reserve"];
        if *step != "Reserve" {
            wanted.push("IsLarge");
        }
        wanted.extend(*after);
        assert_eq!(
            (steps(&order), &order["state"]),
            (wanted, &json!(state)),
            "{step}: {order}"
        );
        assert_eq!(shop.written(id), set(left), "{step}");
        if *state == "undone" {
            assert_eq!(
                (&order["at"], &order["why"]),
                (&json!(step), &json!("Rehearsed"))
            );
        }
    }
    what_is_busy_for_a_moment_is_tried_again(&shop);
}

fn what_is_busy_for_a_moment_is_tried_again(shop: &Shop) {
    let busy = shop.order(&json!({ "sku": "lamp", "count": 1, "busy": { "Charge": 2 } }));
    let busy = shop.ended(&busy);
    let charge = busy["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["name"] == "Charge")
        .unwrap();
    assert_eq!(
        (&busy["state"], &charge["tries"]),
        (&json!("done"), &json!(3)),
        "{busy}"
    );
}

#[test]
fn large_orders_wait_for_somebody_and_what_cannot_be_undone_too() {
    let shop = Shop::deployed();
    let large = || {
        let id = shop.order(&json!({ "sku": "piano", "count": 1 }));
        shop.until(&id, |order| order["state"] == "waits for approval");
        id
    };
    let (yes, no) = (large(), large());
    assert_eq!(
        shop.ask("POST", &format!("/orders/{yes}/approve"), &json!({}))
            .status,
        202
    );
    assert_eq!(
        shop.ask("POST", &format!("/orders/{no}/refuse"), &json!({}))
            .status,
        202
    );
    assert_eq!(shop.ended(&yes)["state"], "done");
    let refused = shop.ended(&no);
    assert_eq!(
        (&refused["state"], &refused["why"]),
        (&json!("undone"), &json!("Refused"))
    );
    assert_eq!(
        shop.ask("POST", &format!("/orders/{no}/approve"), &json!({}))
            .status,
        409
    );

    // One piano is left, and nobody answers for three days.
    let late = large();
    let gone = shop.order(&json!({ "sku": "piano", "count": 1 }));
    let gone = shop.ended(&gone);
    assert_eq!(
        (&gone["state"], &gone["why"]),
        (&json!("undone"), &json!("SoldOut")),
        "{gone}"
    );
    shop.0.run("local clock advance 3d").code(0);
    let late = shop.ended(&late);
    assert_eq!(
        (&late["state"], &late["why"]),
        (&json!("undone"), &json!("FnF.TaskTimeout"))
    );
    what_can_never_be_undone_is_told(&shop);
}

/// After every try.
fn what_can_never_be_undone_is_told(shop: &Shop) {
    let stuck = shop.order(
        &json!({ "sku": "lamp", "count": 1, "fail": { "Ship": "Broken", "Refund": "BankClosed" } }),
    );
    let end = Instant::now() + Duration::from_mins(1);
    while shop.shown(&stuck)["state"] != "needs attention" {
        assert!(Instant::now() < end, "{}", shop.shown(&stuck));
        shop.0.run("local clock advance 5m").code(0);
    }
    let order = shop.shown(&stuck);
    let refund = order["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["name"] == "Refund")
        .unwrap();
    assert_eq!(refund["tries"], 9, "{order}");
    let tree = shop.run(&format!("workflow show order-{stuck}"));
    assert!(
        tree.contains("Refund") && tree.contains("BankClosed") && tree.contains("9 tries"),
        "{tree}"
    );
}

#[test]
fn whatever_is_killed_every_order_ends_and_nobody_pays_twice() {
    let mut shop = Shop::deployed();
    let orders: Vec<String> = (0..8)
        .map(|number| {
            let fail = if number % 2 == 0 { json!({}) } else { json!({ "Ship": "Broken" }) };
            shop.order(&json!({ "sku": "chair", "count": 1, "fail": fail, "busy": { "Charge": number % 3 } }))
        })
        .collect();
    for wait in [20, 150, 400, 900] {
        std::thread::sleep(Duration::from_millis(wait));
        shop.0.kill_cloud();
        shop.0.start_cloud();
    }
    for (number, id) in orders.iter().enumerate() {
        let order = shop.ended(id);
        let (state, left): (_, &[_]) = if number % 2 == 0 {
            ("done", &["charges", "letters", "parcels", "reserved"])
        } else {
            ("undone", &["charges", "refunds"])
        };
        assert_eq!(order["state"], state, "{order}");
        let written: BTreeSet<String> = shop
            .written(id)
            .into_iter()
            .filter(|what| what != "tries")
            .collect();
        assert_eq!(written, set(left), "{order}");
        let history = shop.run(&format!("workflow history order-{id} --json"));
        let charged = history
            .lines()
            .filter(|line| line.contains("TaskSucceeded") && line.contains("\"Charge\""))
            .count();
        assert_eq!(charged, 1, "{history}");
    }
    let listed = shop.run("workflow list");
    assert_eq!(listed.matches("Succeeded").count(), 8, "{listed}");
}
