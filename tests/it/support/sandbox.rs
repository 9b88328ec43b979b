//! A folder, a home of its own, a local cloud of its own, and the real binary.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A place where nothing of the machine's owner is seen or touched.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    cloud: Option<Child>,
    port: u16,
    /// Whether the machine's programs are out of sight.
    is_alone: bool,
}

/// What a run of the binary came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// An empty sandbox; no local cloud runs.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("sdev-it-")
            .tempdir()
            .unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        Self {
            folder,
            cloud: None,
            port: 0,
            is_alone: false,
        }
    }

    /// Starts a local cloud on a free port.
    pub(crate) fn with_cloud(mut self) -> Self {
        self.start_cloud();
        self
    }

    /// Starts the local cloud (again, on the same data and port).
    pub(crate) fn start_cloud(&mut self) {
        let port = self.port.to_string();
        let mut command = self.command(&["local", "start", "--foreground", "--port", &port]);
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.cloud = Some(child);
        let file = self.home().join("local/endpoint.json");
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        loop {
            let pid = self.cloud.as_ref().map(Child::id);
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            if json["pid"].as_u64().and_then(|p| u32::try_from(p).ok()) == pid {
                let url = json["url"].as_str().unwrap();
                self.port = url.rsplit(':').next().unwrap().parse().unwrap();
                return;
            }
            assert!(
                std::time::Instant::now() < deadline,
                "the local cloud does not start"
            );
            std::thread::yield_now();
        }
    }

    /// Ends the local cloud as `kill -9` does.
    pub(crate) fn kill_cloud(&mut self) {
        if let Some(mut cloud) = self.cloud.take() {
            cloud.kill().unwrap();
            cloud.wait().unwrap();
        }
    }

    /// The process of the local cloud, which must run.
    pub(crate) fn cloud_pid(&self) -> u32 {
        self.cloud.as_ref().map(Child::id).unwrap()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The project folder.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A folder whose programs come before this machine's; it need not be there.
    pub(crate) fn tools(&self) -> PathBuf {
        self.folder.path().join("tools")
    }

    /// From now on the binary finds no programs but those of [`Self::tools`].
    pub(crate) fn hide_machine(&mut self) {
        self.is_alone = true;
    }

    fn path(&self) -> OsString {
        let machine = std::env::var_os("PATH").filter(|_| !self.is_alone);
        let machine = machine.unwrap_or_default();
        let own = self.tools().is_dir().then(|| self.tools());
        let folders = own.into_iter().chain(std::env::split_paths(&machine));
        std::env::join_paths(folders).unwrap()
    }

    /// Writes a file of the project.
    pub(crate) fn file(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.work().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// The binary with these arguments, in the project folder, in an environment of its own.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sdev"));
        command
            .args(args)
            .current_dir(self.work())
            .env_clear()
            .env("PATH", self.path())
            .env("HOME", self.folder.path().join("user"))
            .env("SDEV_HOME", self.home())
            .env("USER", "tester")
            .env("CI", "true")
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary; arguments are split at blanks.
    pub(crate) fn run(&self, args: &str) -> Ran {
        let args: Vec<&str> = args.split_whitespace().collect();
        Ran::new(self.command(&args).output().unwrap(), self)
    }

    /// Runs a command made by `command`.
    pub(crate) fn run_command(&self, mut command: Command) -> Ran {
        Ran::new(command.output().unwrap(), self)
    }

    /// Replaces what differs from run to run.
    pub(crate) fn stable(&self, text: &str) -> String {
        let text = text.replace(&self.folder.path().display().to_string(), "[SANDBOX]");
        if self.port == 0 {
            text
        } else {
            text.replace(&format!(":{}", self.port), ":[PORT]")
        }
    }

    /// The state file of an application on the local cloud.
    pub(crate) fn state(&self, project: &Path, app: &str) -> serde_json::Value {
        let file = self
            .work()
            .join(project)
            .join(".sdev")
            .join(app)
            .join("local/state.json");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.kill_cloud();
        // One that the binary started by itself.
        let text =
            std::fs::read_to_string(self.home().join("local/endpoint.json")).unwrap_or_default();
        if text.contains("\"pid\":") {
            let _ = self.command(&["local", "stop"]).output();
        }
    }
}

impl Ran {
    fn new(output: Output, sandbox: &Sandbox) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: sandbox.stable(&String::from_utf8(output.stdout).unwrap()),
            stderr: sandbox.stable(&String::from_utf8(output.stderr).unwrap()),
        }
    }

    /// Demands this exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Demands that standard error holds a text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "`{text}` is not in\n{}",
            self.stderr
        );
        self
    }

    /// The last JSON object of this type on standard output.
    #[track_caller]
    pub(crate) fn object(&self, kind: &str) -> serde_json::Value {
        let mut objects = self
            .stdout
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        objects
            .rfind(|o| o["type"] == kind)
            .unwrap_or_else(|| panic!("no {kind} in\n{}", self.stdout))
    }
}
