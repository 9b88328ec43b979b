//! The template `bff`: a web and a mobile backend over the same services, which take signed calls only.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Fetched, Sandbox, fetch, send};

const WEB: &str = "web.shop.test";
const MOBILE: &str = "mobile.shop.test";
const WEB_KEY: &str = "a-key-of-the-web-backend";
const MOBILE_KEY: &str = "a-key-of-the-mobile-backend";
const SERVICES: [&str; 3] = ["catalog", "orders", "profile"];

type Header = (&'static str, String);

struct Shop {
    sandbox: Sandbox,
    session: String,
    token: String,
}

impl Shop {
    fn deployed() -> Self {
        let sandbox = Sandbox::new().with_cloud();
        sandbox.run("init bff shop").code(0);
        for (secret, key) in [("shop-web", WEB_KEY), ("shop-mobile", MOBILE_KEY)] {
            let mut set = sandbox.command(&["secret", "set", secret, "--from-env", "KEY"]);
            set.env("KEY", key);
            sandbox.run_command(set).code(0);
        }
        let mut shop = Self {
            sandbox,
            session: String::new(),
            token: String::new(),
        };
        shop.session = shop.session_by(WEB_KEY);
        shop.token = shop.token_by(MOBILE_KEY);
        shop.run("validate");
        shop.run("deploy -y");
        shop.warm();
        shop
    }

    fn session_by(&self, key: &str) -> String {
        self.made(key, &["node", "web/session.js", "ada"])
    }

    fn token_by(&self, key: &str) -> String {
        self.made(key, &["python3", "mobile/bearer.py", "ada"])
    }

    /// A session and a token that were right long ago.
    fn over(&self) -> [String; 2] {
        let session = "Date.now = () => 0; console.log(require('./web/session.js').make('ada'))";
        let token = "import sys, time; sys.path[0] = 'mobile'; time.time = lambda: 0; import bearer; print(bearer.make('ada'))";
        [
            self.made(WEB_KEY, &["node", "-e", session]),
            self.made(MOBILE_KEY, &["python3", "-B", "-c", token]),
        ]
    }

    /// What a program of the project gives out with a key.
    fn made(&self, key: &str, line: &[&str]) -> String {
        let mut command = Command::new(line[0]);
        let command = command.args(&line[1..]).env("KEY", key);
        let made = command.current_dir(self.sandbox.work().join("shop"));
        let made = made.output().unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    /// Asks until every service has answered in time: on a busy machine first calls may be late.
    fn warm(&self) {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let (web, mobile) = (self.web(), self.mobile());
            if said(&web)["warnings"] == json!([]) && said(&mobile)["missing"].is_null() {
                return;
            }
            assert!(Instant::now() < end, "{}\n{}", web.text(), mobile.text());
        }
    }

    fn run(&self, command: &str) -> String {
        let ran = self.sandbox.run(&format!("{command} -t shop/s.yaml"));
        ran.code(0).stdout
    }

    fn get(&self, host: &str, path: &str, headers: &[Header]) -> Fetched {
        fetch(self.sandbox.port(), host, path, &borrowed(headers))
    }

    fn web(&self) -> Fetched {
        self.get(WEB, "/home", &[cookie(&self.session)])
    }

    fn mobile(&self) -> Fetched {
        self.get(MOBILE, "/home", &[bearer(&self.token)])
    }

    fn order(&self, body: &[u8]) -> Fetched {
        let headers = [cookie(&self.session)];
        let to = ("POST", WEB, "/orders");
        send(self.sandbox.port(), to, &borrowed(&headers), body)
    }

    fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.sandbox.work().join("shop").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
    }

    /// What a plan changes.
    fn planned(&self) -> Vec<String> {
        let ran = self.sandbox.run("plan --json -t shop/s.yaml");
        let plan = ran.code(0).object("plan");
        let steps = plan["steps"].as_array().unwrap();
        let things = steps.iter().map(|step| step["id"].as_str().unwrap());
        things.map(str::to_owned).collect()
    }
}

fn cookie(session: &str) -> Header {
    ("Cookie", format!("theme=dark; session={session}"))
}

fn bearer(token: &str) -> Header {
    ("Authorization", format!("Bearer {token}"))
}

fn borrowed(headers: &[Header]) -> Vec<(&str, &str)> {
    let pairs = headers.iter().map(|(name, value)| (*name, &**value));
    pairs.collect()
}

fn said(fetched: &Fetched) -> Json {
    serde_json::from_slice(&fetched.body).unwrap_or_else(|_| panic!("{}", fetched.text()))
}

#[test]
fn each_client_gets_its_own_form_and_cache_rules() {
    let shop = Shop::deployed();
    shop.run("plan --detailed-exitcode");
    let ordered = shop.order(br#"{"product": "kettle", "count": 2}"#);
    assert_eq!(ordered.status, 201, "{}", ordered.text());
    let last = shop.order(br#"{"product": "teapot", "count": 1}"#);
    for bad in [&b"{}"[..], b"null", br#"{"product": "a b", "count": 1}"#] {
        assert_eq!(shop.order(bad).status, 400);
    }

    let web = shop.web();
    let page = said(&web);
    assert_eq!(web.header("cache-control"), Some("private, no-store"));
    assert_eq!(page["profile"]["mail"], "ada@example.com");
    assert_eq!(page["orders"], json!([said(&last), said(&ordered)]));
    assert!(page["catalog"][0]["pictures"]["large"].is_string());

    let mobile = shop.mobile();
    let screen = said(&mobile);
    assert_eq!(
        screen["catalog"][0],
        json!({"id": "kettle", "name": "Kettle", "cents": 3900, "picture": "/pictures/kettle-240.webp"})
    );
    assert_eq!(screen["hello"], "Ada");
    assert_eq!(
        screen["orders"][0],
        json!({"id": said(&last)["id"], "state": "open"})
    );
    for field in ["mail", "address", "about", "large", "count", "warnings"] {
        assert!(web.text().contains(field), "{field}");
        assert!(!mobile.text().contains(field), "{field}");
    }
    assert!(mobile.body.len() * 2 < web.body.len());

    assert_eq!(mobile.header("cache-control"), Some("private, max-age=60"));
    let tag = mobile.header("etag").unwrap();
    let again = [bearer(&shop.token), ("If-None-Match", tag.to_owned())];
    let unchanged = shop.get(MOBILE, "/home", &again);
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    shop.order(br#"{"product": "teapot", "count": 1}"#);
    assert_eq!(shop.get(MOBILE, "/home", &again).status, 200);
}

#[test]
fn who_asks_too_often_waits_and_nobody_else() {
    let shop = Shop::deployed();
    shop.change("s.yaml", "'600'", "'5'");
    shop.change("s.yaml", "'120'", "'3'");
    shop.run("deploy -y");
    // A minute may end among them.
    let refused = |ask: &dyn Fn() -> Fetched, most: usize| {
        let answers: Vec<Fetched> = (0..2 * most + 2).map(|_| ask()).collect();
        let refused: Vec<_> = answers.iter().filter(|one| one.status == 429).collect();
        assert!((2..=most + 2).contains(&refused.len()), "{}", refused.len());
        let wait = refused[0].header("retry-after").unwrap();
        assert!((1..=60).contains(&wait.parse::<u32>().unwrap()), "{wait}");
    };
    refused(&|| shop.web(), 5);
    refused(&|| shop.mobile(), 3);
    let other = shop.made(WEB_KEY, &["node", "web/session.js", "bob"]);
    assert_ne!(shop.get(WEB, "/home", &[cookie(&other)]).status, 429);
}

#[test]
fn each_backend_lets_in_its_own_visitors_and_the_services_nobody() {
    let shop = Shop::deployed();
    let [old_session, old_token] = shop.over();
    let cases = [
        (WEB, None),
        (MOBILE, None),
        (WEB, Some(cookie(&shop.token))),
        (WEB, Some(bearer(&shop.token))),
        (WEB, Some(bearer(&shop.session))),
        (MOBILE, Some(bearer(&shop.session))),
        (MOBILE, Some(cookie(&shop.session))),
        (MOBILE, Some(cookie(&shop.token))),
        // Made with the other's key, and with the right key for the other purpose.
        (WEB, Some(cookie(&shop.session_by(MOBILE_KEY)))),
        (WEB, Some(cookie(&shop.token_by(WEB_KEY)))),
        (MOBILE, Some(bearer(&shop.token_by(WEB_KEY)))),
        (MOBILE, Some(bearer(&shop.session_by(MOBILE_KEY)))),
        (WEB, Some(cookie(&tampered(&shop.session)))),
        (MOBILE, Some(bearer(&tampered(&shop.token)))),
        (WEB, Some(cookie(&old_session))),
        (MOBILE, Some(bearer(&old_token))),
        (WEB, Some(cookie("."))),
        (MOBILE, Some(bearer("."))),
    ];
    for (host, header) in cases {
        let refused = shop.get(host, "/home", header.as_slice());
        assert_eq!(refused.status, 401, "{host} {header:?}");
        assert!(
            refused
                .header("cache-control")
                .unwrap()
                .contains("no-store"),
            "{host}"
        );
    }
    assert_eq!((shop.web().status, shop.mobile().status), (200, 200));

    for service in SERVICES {
        let path = format!("/_fc/shop-{service}/ada");
        let name = format!("shop-{service}.cn-hangzhou.fcapp.run");
        for (host, path) in [("localhost", &*path), (&*name, "/ada")] {
            for header in [cookie(&shop.session), bearer(&shop.token)] {
                let refused = shop.get(host, path, &[header]);
                assert_eq!(refused.status, 403, "{host} {path} {}", refused.text());
            }
            assert_eq!(shop.get(host, path, &[]).status, 403, "{host} {path}");
        }
    }
}

/// The same text for another user: the payload is another one, the signature stays.
fn tampered(text: &str) -> String {
    let (payload, signature) = text.split_once('.').unwrap();
    let other = if payload.ends_with('0') { '1' } else { '0' };
    format!("{}{other}.{signature}", &payload[..payload.len() - 1])
}

#[test]
fn what_fails_is_left_out_and_one_backend_changes_alone() {
    let shop = Shop::deployed();
    shop.change(
        "profile/index.js",
        "const known",
        "nothing();\n  const known",
    );
    shop.change(
        "catalog/index.py",
        "    return {",
        "    __import__(\"time\").sleep(20)\n    return {",
    );
    shop.run("deploy -y");
    let began = Instant::now();
    let (web, mobile) = (shop.web(), shop.mobile());
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(
        said(&web),
        json!({
            "profile": null, "orders": [], "catalog": null,
            "warnings": ["profile failed (502)", "catalog did not answer in time"],
        })
    );
    assert_eq!(
        said(&mobile),
        json!({"hello": null, "orders": [], "catalog": null, "missing": ["profile", "catalog"]})
    );
    assert_eq!(mobile.header("cache-control"), Some("no-store"));

    // Each may take two seconds: one after the other they would take six.
    shop.change(
        "profile/index.js",
        "nothing();",
        "await new Promise((go) => setTimeout(go, 20000));",
    );
    shop.change(
        "orders/index.js",
        "const user",
        "await new Promise((go) => setTimeout(go, 20000));\n  const user",
    );
    shop.run("deploy -y");
    for ask in [Shop::web, Shop::mobile] {
        let began = Instant::now();
        let late = said(&ask(&shop));
        assert!(began.elapsed() < Duration::from_secs(5));
        assert_eq!(
            (&late["orders"], &late["catalog"]),
            (&Json::Null, &Json::Null)
        );
    }

    shop.change("mobile/index.py", "LATEST = 3", "LATEST = 1");
    assert_eq!(shop.planned(), ["mobile.function"]);
    shop.run("deploy mobile -y");
    shop.change("web/index.js", "GET /home", "GET /start");
    assert_eq!(shop.planned(), ["web.function"]);
    shop.run("deploy -y");
    shop.run("plan --detailed-exitcode");
    nothing_is_left_after_removal(&shop);
}

fn nothing_is_left_after_removal(shop: &Shop) {
    shop.run("remove -y");
    let state = shop.sandbox.state("shop".as_ref(), "shop");
    assert_eq!(state["records"], json!({}), "{state}");
    let local = shop.sandbox.run("local status --json").object("local");
    let counts = &local["status"]["counts"];
    assert_eq!(counts["oss"]["buckets"], 0, "{counts}");
    assert_eq!(counts["function"]["functions"], 0, "{counts}");
    for host in [WEB, MOBILE] {
        assert_eq!(shop.get(host, "/home", &[]).status, 404, "{host}");
    }
    for service in SERVICES {
        let path = format!("/_fc/shop-{service}/ada");
        assert_eq!(shop.get("localhost", &path, &[]).status, 404, "{path}");
    }
}
