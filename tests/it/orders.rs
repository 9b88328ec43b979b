//! The template `order-saga` as customers use it: orders at the same moment, sent twice, cancelled, and nonsense.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::shop::{HOST, Shop, set, steps};
use crate::support::{Sandbox, fetch, send};

#[test]
fn who_cancels_in_time_is_refunded() {
    let shop = Shop::deployed();
    let cancel = |id: &str| {
        let said = shop.ask("POST", &format!("/orders/{id}/cancel"), &json!({}));
        said.status
    };
    let late = shop.order(&json!({ "sku": "lamp", "count": 1 }));
    assert_eq!(shop.ended(&late)["state"], "done");
    assert_eq!(cancel(&late), 409);

    let waits = shop.order(&json!({ "sku": "piano", "count": 1 }));
    shop.until(&waits, |order| order["state"] == "waits for approval");
    let charged = shop.order(&json!({ "sku": "lamp", "count": 1, "busy": { "Ship": 3 } }));
    shop.until(&charged, |order| steps(order).contains(&"Ship"));
    // Before Ship is tried for the last time, seconds later.
    assert_eq!((cancel(&charged), cancel(&waits)), (202, 202));
    for (id, at, left) in [
        (&waits, "Approve", set(&["approvals", "parcels"])),
        (
            &charged,
            "Ship",
            set(&["charges", "parcels", "refunds", "tries"]),
        ),
    ] {
        let order = shop.ended(id);
        assert_eq!(
            (&order["state"], &order["at"], &order["why"]),
            (&json!("undone"), &json!(at), &json!("Cancelled")),
            "{order}"
        );
        assert_eq!(shop.written(id), left, "{at}");
    }
}

#[test]
fn orders_at_the_same_moment_get_what_there_is_and_repeated_ones_count_once() {
    let shop = Shop::deployed();
    let at_once = |orders: usize, headers: &[(&str, &str)]| -> Vec<String> {
        let body = json!({ "sku": "piano", "count": 1 }).to_string();
        std::thread::scope(|scope| {
            let send_one = || {
                let said = send(
                    shop.0.port(),
                    ("POST", HOST, "/orders"),
                    headers,
                    body.as_bytes(),
                );
                assert_eq!(said.status, 201, "{}", said.text());
                let order: Json = serde_json::from_slice(&said.body).unwrap();
                order["id"].as_str().unwrap().to_owned()
            };
            let sent: Vec<_> = (0..orders).map(|_| scope.spawn(send_one)).collect();
            sent.into_iter().map(|one| one.join().unwrap()).collect()
        })
    };
    let same = at_once(4, &[("Idempotency-Key", "one-click")]);
    assert_eq!(BTreeSet::from_iter(&same).len(), 1, "{same:?}");

    // One piano is left, and four want it.
    let decided = |order: &Json| order["state"] != "under way";
    let others = at_once(4, &[]);
    let states: Vec<Json> = others
        .iter()
        .map(|id| shop.until(id, decided)["state"].clone())
        .collect();
    let wins = states.iter().filter(|state| *state == "waits for approval");
    assert_eq!(wins.count(), 1, "{states:?}");
    assert_eq!(shop.run("workflow list").matches("order-").count(), 5);
}

/// The page's program with a document of its own: clicks on the button, each with the milliseconds that pass before it. Prints
/// the keys under which orders were sent.
const CLICKS: &str = r#"
const { readFileSync } = require("fs");
const [, program] = readFileSync(process.argv[1], "utf8").match(/<script>([^]*)<\/script>/);
let now = 0;
let timers = [];
const pass = async (by) => {
  now += by;
  const due = timers.filter(({ at }) => at <= now);
  timers = timers.filter(({ at }) => at > now);
  for (const { over } of due) over();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
};
const element = () => ({ disabled: false, on: {}, replaceChildren() {}, append() {},
  addEventListener(kind, heard) { this.on[kind] = heard; } });
const [form, button] = [element(), element()];
form.querySelector = () => button;
const known = { form, said: element(), orders: element() };
const keys = [];
const fetched = async (path, { method, headers } = {}) => {
  if (method === "POST") keys.push(headers["Idempotency-Key"]);
  return { ok: true, json: async () => [] };
};
new Function("document", "FormData", "fetch", "setTimeout", "setInterval", program)(
  { getElementById: (id) => known[id], createElement: element },
  class { *[Symbol.iterator]() { yield* [["sku", "lamp"], ["count", "1"], ["fail", ""]]; } },
  fetched, (over, after) => timers.push({ over, at: now + after }), () => {});
(async () => {
  for (const wait of process.argv.slice(2)) {
    await pass(Number(wait));
    if (!button.disabled) form.on.submit({ preventDefault() {} });
    await pass(0);
  }
  console.log(JSON.stringify(keys));
})();
"#;

#[test]
fn a_double_click_on_the_page_is_one_order_and_two_clicks_are_two() {
    let sandbox = Sandbox::new();
    sandbox.run("init order-saga shop").code(0);
    let sent = |waits: &[&str]| -> usize {
        let mut node = std::process::Command::new("node");
        node.args(["-e", CLICKS, "shop/office/page.html"])
            .args(waits);
        let ran = node.current_dir(sandbox.work()).output().unwrap();
        let keys = serde_json::from_slice::<Vec<String>>(&ran.stdout);
        let keys = keys.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ran.stderr)));
        BTreeSet::from_iter(keys).len()
    };
    assert_eq!(sent(&["0", "250"]), 1);
    assert_eq!(sent(&["0", "250", "250"]), 1);
    assert_eq!(sent(&["0", "2000"]), 2);
}

#[test]
fn who_cancels_at_once_is_neither_asked_nor_charged() {
    let shop = Shop::deployed();
    let busy = json!({ "Reserve": 2 });
    for (sku, at, left) in [
        ("piano", "Approve", set(&["parcels", "tries"])),
        ("lamp", "Charge", set(&["charges", "parcels", "tries"])),
    ] {
        let id = shop.order(&json!({ "sku": sku, "count": 1, "busy": busy }));
        let said = shop.ask("POST", &format!("/orders/{id}/cancel"), &json!({}));
        assert_eq!(said.status, 202);
        let order = shop.ended(&id);
        assert_eq!(
            (&order["state"], &order["at"], &order["why"]),
            (&json!("undone"), &json!(at), &json!("Cancelled")),
            "{order}"
        );
        assert_eq!(shop.written(&id), left, "{sku}");
    }
}

#[test]
fn what_is_no_order_is_refused() {
    let shop = Shop::deployed();
    for said in [
        json!({}),
        json!(null),
        json!("lamp"),
        json!({ "sku": ["lamp"], "count": 1 }),
        json!({ "sku": "<script>", "count": 1 }),
        json!({ "sku": "__proto__", "count": 1 }),
        json!({ "sku": "lamp", "count": -1 }),
        json!({ "sku": "lamp", "count": 1e99 }),
        json!({ "sku": "lamp", "count": 1.5 }),
        json!({ "sku": "lamp", "count": "2" }),
        json!({ "sku": "lamp", "count": 1, "busy": null }),
        json!({ "sku": "lamp", "count": 1, "busy": { "Ship": 1e9 } }),
        json!({ "sku": "lamp", "count": 1, "fail": "Ship" }),
        json!({ "sku": "lamp", "count": 1, "fail": { "Reserve": ["Broken"] } }),
    ] {
        let answer = shop.ask("POST", "/orders", &said);
        assert_eq!(answer.status, 400, "{said}: {}", answer.text());
    }
    let listed = fetch(shop.0.port(), HOST, "/orders", &[]);
    assert_eq!(listed.text(), "[]");
}
