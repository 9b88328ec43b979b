//! The template `microservices`: services of their own, and one in front that answers with what there is.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Fetched, Sandbox, fetch, send};

const HOST: &str = "api.shop.test";

struct Shop(Sandbox);

impl Shop {
    fn deployed() -> Self {
        let sandbox = Sandbox::new().with_cloud();
        sandbox.run("init microservices shop").code(0);
        let shop = Self(sandbox);
        shop.run("deploy -y");
        shop.warm();
        shop
    }

    /// Asks until every service has answered in time: on a busy machine first calls may be late.
    fn warm(&self) {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let found = self.get("/products/p1");
            if found.status == 200 && said(&found)["warnings"] == json!([]) {
                return;
            }
            assert!(Instant::now() < end, "{}", found.text());
        }
    }

    fn run(&self, command: &str) -> String {
        let ran = self.0.run(&format!("{command} -t shop/s.yaml"));
        ran.code(0).stdout
    }

    fn get(&self, path: &str) -> Fetched {
        fetch(self.0.port(), HOST, path, &[])
    }

    fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.0.work().join("shop").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
    }
}

fn said(fetched: &Fetched) -> Json {
    serde_json::from_slice(&fetched.body).unwrap()
}

#[test]
fn a_product_is_what_all_services_know_of_it() {
    let shop = Shop::deployed();
    shop.run("plan --detailed-exitcode");
    let review = send(
        shop.0.port(),
        ("POST", HOST, "/products/p1/reviews"),
        &[],
        br#"{"text": "Boils.", "stars": 5}"#,
    );
    assert_eq!(review.status, 201, "{}", review.text());
    let found = shop.get("/products/p1");
    assert_eq!(
        said(&found),
        json!({
            "id": "p1", "name": "Kettle", "about": "Boils a litre in three minutes.",
            "price": {"amount": 3900, "currency": "EUR"}, "stock": {"count": 12},
            "reviews": [{"text": "Boils.", "stars": 5}], "warnings": [],
        })
    );
    // Its id leads to what every service did for it.
    let id = found.header("x-fc-request-id").unwrap();
    let told = shop.run(&format!("logs --request-id {id}"));
    for service in ["front", "products", "prices", "stock", "reviews"] {
        let begun = format!(" {service} | FC Invoke Start");
        assert_eq!(told.matches(&begun).count(), 1, "{service}: {told}");
    }
    // Of reviews at the same moment none is lost, and what is none is refused.
    let port = shop.0.port();
    let review_with = |body: &str| {
        send(
            port,
            ("POST", HOST, "/products/p2/reviews"),
            &[],
            body.as_bytes(),
        )
        .status
    };
    std::thread::scope(|scope| {
        let posted: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| review_with(r#"{"text": "Pours.", "stars": 4}"#)))
            .collect();
        let statuses = posted.into_iter().map(|one| one.join().unwrap());
        assert!(statuses.eq([201; 6]));
    });
    for nonsense in [
        "",
        "{}",
        "null",
        r#"{"text": " ", "stars": 4}"#,
        r#"{"text": "Pours.", "stars": "4"}"#,
        r#"{"text": "Pours.", "stars": 6}"#,
    ] {
        assert_eq!(review_with(nonsense), 400, "{nonsense}");
    }
    let reviews = said(&shop.get("/products/p2"))["reviews"].clone();
    assert_eq!(reviews.as_array().map(Vec::len), Some(6), "{reviews}");
    assert_eq!(shop.get("/products/p9").status, 404);
    assert_eq!(shop.get("/").status, 404);
    assert_eq!(shop.get("/products/p1%2F..").status, 404);
}

#[test]
fn a_service_that_fails_or_is_late_is_left_out_with_a_warning() {
    let shop = Shop::deployed();
    shop.change("prices/index.py", "found = PRICES", "found = NOTHING");
    let plan = shop.run("plan");
    assert!(
        plan.contains("prices.function") && !plan.contains("stock"),
        "{plan}"
    );
    shop.run("deploy prices -y");
    shop.change(
        "stock/index.js",
        "const known",
        "await new Promise((go) => setTimeout(go, 20000));\n  const known",
    );
    shop.run("deploy stock -y");
    let began = Instant::now();
    let found = said(&shop.get("/products/p1"));
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(
        (&found["price"], &found["stock"]),
        (&Json::Null, &Json::Null)
    );
    assert_eq!(found["name"], "Kettle");
    assert_eq!(
        found["warnings"],
        json!(["prices failed (502)", "stock did not answer in time"])
    );
    shop.run("remove -y");
    assert_eq!(shop.get("/products/p1").status, 404);
}
