//! The template `function-http`: a whole application in one function, from `init` to `remove`.

use crate::support::{Fetched, Sandbox, fetch, send};

const HOST: &str = "shop.test";

struct Shop(Sandbox);

impl Shop {
    fn deployed() -> Self {
        let sandbox = Sandbox::new().with_cloud();
        sandbox.run("init function-http shop").code(0);
        let shop = Self(sandbox);
        shop.run("deploy -y");
        shop
    }

    fn run(&self, command: &str) -> String {
        let ran = self.0.run(&format!("{command} -t shop/s.yaml"));
        ran.code(0).stdout
    }

    fn get(&self, path: &str, cookie: &str) -> Fetched {
        fetch(self.0.port(), HOST, path, &[("Cookie", cookie)])
    }

    fn post(&self, path: &str, cookie: &str, form: &str) -> Fetched {
        let headers = [
            ("Cookie", cookie),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        send(
            self.0.port(),
            ("POST", HOST, path),
            &headers,
            form.as_bytes(),
        )
    }

    /// Comes in under a name; the cookie.
    fn enter(&self, name: &str) -> String {
        let entered = self.post("/session", "", &format!("name={name}"));
        assert_eq!(entered.status, 303, "{}", entered.head);
        let cookie = entered.header("set-cookie").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

#[test]
fn an_application_renders_what_was_posted_and_knows_who_posted_it() {
    let shop = Shop::deployed();
    let page = shop.get("/", "").text();
    assert!(page.contains("Nothing is written yet."), "{page}");
    assert_eq!(shop.post("/entries", "", "text=hello").status, 403);
    let ann = shop.enter("Ann");
    assert_eq!(shop.post("/entries", &ann, "text=%3Cb%3Ehello").status, 303);
    let page = shop.get("/", &ann).text();
    assert!(page.contains("&lt;b&gt;hello"), "{page}");
    assert!(page.contains("Hello, Ann"), "{page}");
    let forged = ann.replace(&ann[ann.len() - 4..], "0000");
    assert!(!shop.get("/", &forged).text().contains("Hello, Ann"));
    // A cookie that no session made is nobody's, whatever is in it.
    for nonsense in ["session=", "session=.", "session=\"\u{e9}.\u{e9}\""] {
        assert_eq!(shop.get("/", nonsense).status, 200, "{nonsense}");
    }
    assert_eq!(shop.get("/nowhere", "").status, 404);
}

#[test]
fn the_database_may_be_a_server_whose_address_is_a_secret() {
    let sandbox = Sandbox::new();
    sandbox
        .run("init function-http shop --param database=postgres")
        .code(0);
    let missing = sandbox.run("validate -t shop/s.yaml").code(1);
    missing.says("DATABASE_URL");
    let mut set = sandbox.command(&["secret", "set", "DATABASE_URL", "--from-env", "URL"]);
    set.arg("-t").arg("shop/s.yaml");
    set.env("URL", "postgres://shop:word@127.0.0.1:5432/shop");
    sandbox.run_command(set).code(0);
    sandbox.run("validate -t shop/s.yaml").code(0);
    sandbox.run("fmt --check shop/s.yaml").code(0);
    let shown = sandbox.run("preview -t shop/s.yaml").code(0).stdout;
    assert!(!shown.contains("word@"), "{shown}");
    // The file's disk is not for it.
    assert!(!shown.contains("nasConfig"), "{shown}");
}

#[test]
fn style_and_script_come_from_the_cdn() {
    let shop = Shop::deployed();
    let page = shop.get("/", "").text();
    let style = page.split("href=\"").find(|part| part.contains("main.css"));
    let style = style.unwrap().split('"').next().unwrap();
    assert!(style.contains("static.shop.test"), "{style}");
    let served = || fetch(shop.0.port(), "static.shop.test", "/main.css", &[]);
    assert_eq!(served().status, 200);
    assert!(served().header("x-cache").unwrap().starts_with("HIT"));
}

#[test]
fn new_code_keeps_the_data_and_the_sessions_and_a_removal_leaves_nothing() {
    let shop = Shop::deployed();
    let ann = shop.enter("Ann");
    shop.post("/entries", &ann, "text=kept");
    shop.run("plan --detailed-exitcode");
    let pages = shop.0.work().join("shop/code/pages.py");
    let text = std::fs::read_to_string(&pages).unwrap();
    std::fs::write(&pages, text.replace("What is new?", "What happened?")).unwrap();
    let plan = shop.run("plan");
    assert!(plan.contains("~ pages.py"), "{plan}");
    shop.run("deploy -y");
    let page = shop.get("/", &ann).text();
    assert!(page.contains("What happened?"), "{page}");
    assert!(
        page.contains("kept") && page.contains("Hello, Ann"),
        "{page}"
    );
    shop.run("remove -y");
    assert_eq!(shop.get("/", "").status, 404);
    let status = shop.0.run("local status --json").code(0).object("local");
    assert_eq!(status["status"]["counts"]["function"]["functions"], 0);
    assert_eq!(status["status"]["counts"]["oss"]["buckets"], 0);
}

#[test]
fn requests_under_a_deploy_are_all_answered() {
    let shop = Shop::deployed();
    shop.get("/", "");
    let port = shop.0.port();
    let visitors: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(move || {
                (0..25)
                    .map(|_| fetch(port, HOST, "/health", &[]).status)
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let app = shop.0.work().join("shop/code/app.py");
    let text = std::fs::read_to_string(&app).unwrap();
    std::fs::write(&app, text + "\n# another\n").unwrap();
    shop.run("deploy -y");
    for visitor in visitors {
        assert_eq!(visitor.join().unwrap(), vec![200; 25]);
    }
}
