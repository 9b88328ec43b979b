//! The template `order-saga`: whichever step fails, what was done is undone; whatever is killed, nobody pays twice.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Fetched, Sandbox, fetch, send};

const HOST: &str = "shop.test";

struct Shop(Sandbox);

impl Shop {
    fn deployed() -> Self {
        let sandbox = Sandbox::new().with_cloud();
        sandbox.run("init order-saga shop").code(0);
        let shop = Self(sandbox);
        shop.run("validate");
        shop.run("deploy -y");
        shop
    }

    fn run(&self, command: &str) -> String {
        self.0
            .run(&format!("{command} -t shop/s.yaml"))
            .code(0)
            .stdout
    }

    fn ask(&self, method: &str, path: &str, body: &Json) -> Fetched {
        send(
            self.0.port(),
            (method, HOST, path),
            &[],
            body.to_string().as_bytes(),
        )
    }

    /// Orders something; the order's id.
    fn order(&self, order: &Json) -> String {
        let said = self.ask("POST", "/orders", order);
        assert_eq!(said.status, 201, "{}", said.text());
        let order: Json = serde_json::from_slice(&said.body).unwrap();
        order["id"].as_str().unwrap().to_owned()
    }

    fn shown(&self, id: &str) -> Json {
        let said = fetch(self.0.port(), HOST, &format!("/orders/{id}"), &[]);
        assert_eq!(said.status, 200, "{}", said.text());
        serde_json::from_slice(&said.body).unwrap()
    }

    /// An order once something is true of it.
    fn until(&self, id: &str, is_so: impl Fn(&Json) -> bool) -> Json {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let order = self.shown(id);
            if is_so(&order) {
                return order;
            }
            assert!(Instant::now() < end, "{order}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn ended(&self, id: &str) -> Json {
        self.until(id, |order| order["execution"] != "Running")
    }

    /// What was written down of an order, beside the order itself: `charges`, `parcels` and so on.
    fn written(&self, id: &str) -> BTreeSet<String> {
        let status = self.0.run("local status --json").object("local");
        let bucket = self.run("output store.bucket");
        let line = "require('./shop/office/bucket.js').list('', 1000).then((all) => console.log(all.join('\\n')))";
        let mut node = std::process::Command::new("node");
        node.args(["-e", line]).current_dir(self.0.work());
        for name in [
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ] {
            node.env(name, status[name].as_str().unwrap());
        }
        node.env("BUCKET", bucket.trim());
        node.env(
            "OSS_ENDPOINT",
            format!("http://127.0.0.1:{}", self.0.port()),
        );
        let listed = node.output().unwrap();
        assert!(
            listed.status.success(),
            "{}",
            String::from_utf8_lossy(&listed.stderr)
        );
        let keys = String::from_utf8(listed.stdout).unwrap();
        let of_order = keys.lines().filter(|key| key.contains(id));
        of_order
            .filter_map(|key| key.split('/').next())
            .map(str::to_owned)
            .filter(|what| what != "orders")
            .collect()
    }
}

/// The names of the steps that began, in their order.
fn steps(order: &Json) -> Vec<&str> {
    order["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["name"].as_str().unwrap())
        .collect()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

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
        &[],
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
