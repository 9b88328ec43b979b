//! The template `order-saga` for tests: a shop that was deployed, and what is asked of it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::support::{Fetched, Sandbox, fetch, send};

pub(crate) const HOST: &str = "shop.test";

/// The shop, deployed on a local cloud of its own.
pub(crate) struct Shop(pub(crate) Sandbox);

impl Shop {
    pub(crate) fn deployed() -> Self {
        let sandbox = Sandbox::new().with_cloud();
        sandbox.run("init order-saga shop").code(0);
        let shop = Self(sandbox);
        let validated = shop.0.run("validate -t shop/s.yaml").code(0);
        assert!(
            !validated.stderr.contains("warning"),
            "{}",
            validated.stderr
        );
        shop.run("deploy -y");
        shop
    }

    pub(crate) fn run(&self, command: &str) -> String {
        self.0
            .run(&format!("{command} -t shop/s.yaml"))
            .code(0)
            .stdout
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &Json) -> Fetched {
        send(
            self.0.port(),
            (method, HOST, path),
            &[],
            body.to_string().as_bytes(),
        )
    }

    /// Orders something; the order's id.
    pub(crate) fn order(&self, order: &Json) -> String {
        let said = self.ask("POST", "/orders", order);
        assert_eq!(said.status, 201, "{}", said.text());
        let order: Json = serde_json::from_slice(&said.body).unwrap();
        order["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn shown(&self, id: &str) -> Json {
        let said = fetch(self.0.port(), HOST, &format!("/orders/{id}"), &[]);
        assert_eq!(said.status, 200, "{}", said.text());
        serde_json::from_slice(&said.body).unwrap()
    }

    /// An order once something is true of it.
    pub(crate) fn until(&self, id: &str, is_so: impl Fn(&Json) -> bool) -> Json {
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

    pub(crate) fn ended(&self, id: &str) -> Json {
        self.until(id, |order| order["execution"] != "Running")
    }

    /// What was written down of an order, beside the order itself: `charges`, `parcels` and so on.
    pub(crate) fn written(&self, id: &str) -> BTreeSet<String> {
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
pub(crate) fn steps(order: &Json) -> Vec<&str> {
    order["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["name"].as_str().unwrap())
        .collect()
}

pub(crate) fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
