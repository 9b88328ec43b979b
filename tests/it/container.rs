//! Functions that are images, with a stand-in for the engine that runs them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Sandbox, fetch};

const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  web:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: web
      runtime: custom-container
      memorySize: 256
      cpu: 0.25
      diskSize: 512
      timeout: 10
      customContainerConfig: { image: 'registry.test/web:1', port: 8080, entrypoint: [/app/serve, -v], command: [all] }
      environmentVariables: { STAGE: secret, PATH: /app/bin }
      triggers:
        - triggerName: web
          triggerType: http
          triggerConfig: { authType: anonymous, methods: [GET] }
";

/// The stand-in, which `docker` on the path of its sandbox leads to.
struct Engine {
    folder: PathBuf,
    daemon: Option<Child>,
}

impl Engine {
    /// Programs that answer only when the engine is started. Both names lead to it.
    fn installed(sandbox: &Sandbox) -> Self {
        for name in ["docker", "podman"] {
            let file = sandbox.tools().join(name);
            std::fs::create_dir_all(sandbox.tools()).unwrap();
            std::fs::write(&file, include_str!("support/engine.py")).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self {
            folder: sandbox.tools(),
            daemon: None,
        }
    }

    fn start(&mut self) {
        let mut command = Command::new(self.folder.join("docker"));
        self.daemon = Some(command.arg("daemon").spawn().unwrap());
        self.until("it runs", |engine| engine.folder.join("running").is_dir());
    }

    /// Names of the containers that run.
    fn running(&self) -> Vec<String> {
        let found = std::fs::read_dir(self.folder.join("running")).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        let names = found.map(|entry| name(entry).into_string().unwrap());
        names
            .filter(|name| name.strip_suffix(".new").is_none())
            .collect()
    }

    fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !is_so(self) {
            assert!(Instant::now() < end, "{what}: {:?}", self.running());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
        }
    }
}

/// What the server in the container says.
fn said(sandbox: &Sandbox) -> Json {
    let page = fetch(sandbox.port(), "127.0.0.1", "/_fc/web/", &[]);
    serde_json::from_str(&page.text()).unwrap_or_else(|error| panic!("{error}: {}", page.text()))
}

#[test]
fn without_an_engine_an_image_is_refused_when_it_is_deployed() {
    let mut sandbox = Sandbox::new();
    let mut engine = Engine::installed(&sandbox);
    sandbox.start_cloud();
    sandbox.file("s.yaml", MANIFEST);
    let plan = sandbox.run("plan").code(0).says("SD0143");
    plan.says("s.yaml:5")
        .says("needs an engine on this machine");
    sandbox
        .run("deploy -y")
        .code(1)
        .says("NotImplemented")
        .says("needs an engine on this machine, docker or podman")
        .says("docker: Cannot connect to the stand-in")
        .says("apt install podman");
    engine.start();
    let plan = sandbox.run("plan").code(0);
    assert!(!plan.stderr.contains("SD0143"), "{}", plan.stderr);
    sandbox.run("deploy -y").code(0);
}

#[test]
fn an_image_that_looks_like_an_option_is_refused() {
    let mut sandbox = Sandbox::new();
    let mut engine = Engine::installed(&sandbox);
    engine.start();
    sandbox.start_cloud();
    sandbox.file(
        "s.yaml",
        MANIFEST.replace("registry.test/web:1", "--privileged"),
    );
    let refused = sandbox.run("deploy -y").code(1);
    refused.says("customContainerConfig.image must not begin with `-`");
}

#[test]
fn an_instance_is_a_container_that_ends_with_it() {
    let mut sandbox = Sandbox::new();
    let mut engine = Engine::installed(&sandbox);
    engine.start();
    sandbox.start_cloud();
    sandbox.file("s.yaml", MANIFEST);
    sandbox.run("deploy -y").code(0);
    assert_eq!(engine.running(), Vec::<String>::new());

    let first = said(&sandbox);
    let name = first["name"].as_str().unwrap();
    assert!(name.starts_with("sdev-web-c-"), "{name}");
    assert_eq!(engine.running(), [name]);
    let rest = json!(["registry.test/web:1", "-v", "all"]);
    assert_eq!((&first["path"], &first["rest"]), (&json!("/"), &rest));
    let options = &first["options"];
    assert_eq!(options["--entrypoint"], json!(["/app/serve"]));
    assert_eq!(options["--memory"], json!(["256m"]));
    let port = options["--publish"][0].as_str().unwrap();
    assert!(
        port.starts_with("127.0.0.1:") && port.ends_with(":8080"),
        "{port}"
    );
    // It has what the machine has until it takes calls.
    let limited = format!("[\"update\", \"--cpus=0.25\", \"{name}\"]");
    engine.until("it has its share", |engine| {
        let calls = std::fs::read_to_string(engine.folder.join("calls")).unwrap();
        calls.contains(&limited)
    });
    let environment = &first["environment"];
    for (variable, value) in [
        ("STAGE", "secret"),
        ("PATH", "/app/bin"),
        ("FC_SERVER_PORT", "8080"),
        ("FC_FUNCTION_NAME", "web"),
    ] {
        assert_eq!(environment[variable], value, "{variable}");
    }
    let calls = std::fs::read_to_string(sandbox.tools().join("calls")).unwrap();
    assert!(!calls.contains("secret"), "{calls}");
    assert_eq!(
        calls.matches("\"pull\", \"--quiet\", \"--\"").count(),
        1,
        "{calls}"
    );
    let log = sandbox.run("logs web").code(0).stdout;
    assert!(log.contains("container is up"), "{log}");

    // Another configuration is another container; the first one goes.
    sandbox.file("s.yaml", MANIFEST.replace("all]", "some]"));
    sandbox.run("deploy -y").code(0);
    let second = said(&sandbox);
    assert_eq!(second["rest"][2], "some");
    engine.until("the old one goes", |engine| {
        engine.running() == [second["name"].as_str().unwrap()]
    });

    // What is left by a local cloud that was killed goes when the next one starts.
    sandbox.kill_cloud();
    assert_eq!(engine.running().len(), 1);
    sandbox.start_cloud();
    assert_eq!(engine.running(), Vec::<String>::new());
    said(&sandbox);
    sandbox.run("remove -y").code(0);
    engine.until("it goes with its function", |engine| {
        engine.running().is_empty()
    });
}

#[test]
fn an_image_that_is_nowhere_is_told_to_the_caller() {
    let mut sandbox = Sandbox::new();
    let mut engine = Engine::installed(&sandbox);
    engine.start();
    sandbox.start_cloud();
    sandbox.file("s.yaml", MANIFEST.replace("web:1", "missing:1"));
    sandbox.run("deploy -y").code(0);
    let page = fetch(sandbox.port(), "127.0.0.1", "/_fc/web/", &[]);
    assert_eq!(page.status, 412, "{}", page.text());
    let words = "docker cannot fetch the image registry.test/missing:1: manifest unknown";
    assert!(page.text().contains(words), "{}", page.text());
}
