//! Programs that run containers. Docker and Podman take the same words.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::call::Fault;

/// The engines that are known, in the order in which they are asked.
const PROGRAMS: [&str; 2] = [DOCKER, "podman"];
const DOCKER: &str = "docker";
/// How long an engine may take to answer what it has at hand.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// How long an image may take to come.
const FETCHES_WITHIN: Duration = Duration::from_mins(10);

/// An engine by the name of its program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Engine(String);

impl Engine {
    /// The engine that was called so before.
    pub(super) fn named(program: &str) -> Self {
        Self(program.to_owned())
    }

    /// The first engine of this machine that answers.
    pub(super) async fn find() -> Result<Self, Fault> {
        let mut refusals = Vec::new();
        for program in PROGRAMS {
            let engine = Self::named(program);
            match engine.ask(&["version"], ANSWERS_WITHIN).await {
                Ok(_) => return Ok(engine),
                Err(why) => refusals.push(format!("{program}: {why}")),
            }
        }
        Err(Fault::Unable(format!(
            "a container needs an engine on this machine, docker or podman, and none answers ({}); install one, on Debian: apt install podman, \
             or start the one that is there",
            refusals.join("; ")
        )))
    }

    /// Its program.
    pub(super) fn program(&self) -> &str {
        &self.0
    }

    /// The name by which a container finds this machine.
    pub(super) fn host(&self) -> &'static str {
        if self.0 == DOCKER {
            "host.docker.internal"
        } else {
            "host.containers.internal"
        }
    }

    /// Words of `run` without which a container does not know that name.
    pub(super) fn introduction(&self) -> Vec<String> {
        if self.0 == DOCKER {
            return vec![
                "--add-host".to_owned(),
                format!("{}:host-gateway", self.host()),
            ];
        }
        Vec::new()
    }

    /// Has an image here, fetched if it must be.
    pub(super) async fn have(&self, image: &str) -> Result<(), Fault> {
        let inspect = ["image", "inspect", "--", image];
        if self.ask(&inspect, ANSWERS_WITHIN).await.is_ok() {
            return Ok(());
        }
        let pull = ["pull", "--quiet", "--", image];
        let fetched = self.ask(&pull, FETCHES_WITHIN).await;
        fetched.map(drop).map_err(|why| {
            Fault::Start(format!("{} cannot fetch the image {image}: {why}", self.0))
        })
    }

    /// Limits a container that runs to so many processors.
    pub(super) async fn limit(&self, name: &str, cpu: f64) -> Result<(), String> {
        let limit = format!("--cpus={cpu}");
        let done = self.ask(&["update", &limit, name], ANSWERS_WITHIN).await;
        done.map(drop).map_err(|why| format!("{}: {why}", self.0))
    }

    /// Removes a container, whatever it does. That there is none is no matter.
    pub(super) async fn remove(&self, name: &str) {
        let _ = self.ask(&["rm", "--force", name], ANSWERS_WITHIN).await;
    }

    /// Removes all containers with a label.
    pub(super) async fn sweep(&self, label: &str) -> Result<(), String> {
        let filter = format!("label={label}");
        let list = ["ps", "--all", "--quiet", "--filter", &filter];
        let found = self.ask(&list, ANSWERS_WITHIN).await?;
        let ids: Vec<&str> = found.split_whitespace().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let words = [&["rm", "--force"], ids.as_slice()].concat();
        self.ask(&words, ANSWERS_WITHIN).await.map(drop)
    }

    /// What the engine writes; or why it does nothing.
    async fn ask(&self, words: &[&str], within: Duration) -> Result<String, String> {
        let mut command = Command::new(&self.0);
        command.args(words).stdin(Stdio::null()).kill_on_drop(true);
        let output = match tokio::time::timeout(within, command.output()).await {
            Err(_) => return Err(format!("no answer after {} s", within.as_secs())),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err("not installed".to_owned());
            }
            Ok(output) => output.map_err(|error| error.to_string())?,
        };
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let last = text.lines().rfind(|line| !line.trim().is_empty());
        Err(last.map_or_else(|| output.status.to_string(), |line| line.trim().to_owned()))
    }
}
