//! Instances that are containers: an engine's client is their process, and whatever becomes of it, its container is removed.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::engine::Engine;
use super::environment::of_vendor;
use super::lock;
use super::port::USUAL;
use crate::call::Fault;
use crate::launch::{Input, Order, Process};
use crate::spec::{Container, Language, Spec};

/// The label that tells containers of a fleet from all others; its value is the fleet's folder.
const LABEL: &str = "sdev.fleet";
/// The file that names the engine as long as containers may be left.
const USED: &str = "engine";
/// How names of variables begin that an engine's client reads itself.
const OF_CLIENT: [&str; 12] = [
    "DOCKER",
    "PODMAN",
    "CONTAINER",
    "BUILDAH",
    "REGISTRY",
    "XDG_",
    "LD_",
    "GO",
    "SSL_",
    "HTTP",
    "NO_PROXY",
    "ALL_PROXY",
];

/// The containers of a fleet.
pub(super) struct Containers {
    folder: PathBuf,
    engine: Mutex<Option<Engine>>,
}

impl Containers {
    /// Those of the fleet whose folder this is. To be called before the folder is emptied: removes what a fleet left that was killed.
    /// Blocks only when it has left something. What cannot be removed now is removed another time.
    pub(super) fn open(folder: &Path) -> Self {
        let containers = Self {
            folder: folder.to_owned(),
            engine: Mutex::default(),
        };
        if let Ok(program) = std::fs::read_to_string(containers.used()) {
            let (engine, label) = (Engine::named(&program), containers.label());
            // Callers may be at work for an executor, which must not be waited for inside of it.
            let swept = std::thread::spawn(move || {
                let executor = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                executor
                    .block_on(engine.sweep(&label))
                    .map_err(io::Error::other)
            });
            if !matches!(swept.join(), Ok(Ok(()))) {
                *lock(&containers.engine) = Some(Engine::named(&program));
            }
        }
        containers
    }

    /// To be called when the folder is there: what could not be removed is remembered.
    pub(super) fn remember(&self) -> io::Result<()> {
        match &*lock(&self.engine) {
            Some(engine) => std::fs::write(self.used(), engine.program()),
            None => Ok(()),
        }
    }

    /// The engine that runs them; it has the image of the spec. No engine is asked for what could be taken for an option.
    pub(super) async fn engine(&self, image: &str) -> Result<Engine, Fault> {
        if image.starts_with('-') {
            let why = format!("`{image}` is no image: names do not begin with `-`");
            return Err(Fault::Start(why));
        }
        let known = lock(&self.engine).clone();
        let engine = match known {
            Some(engine) => engine,
            None => Engine::find().await?,
        };
        *lock(&self.engine) = Some(engine.clone());
        self.remember()
            .map_err(|error| Fault::Start(error.to_string()))?;
        engine.have(image).await?;
        Ok(engine)
    }

    /// What to start for a spec: `port` of loopback leads to where the container listens.
    pub(super) fn order(&self, engine: &Engine, spec: &Spec, (id, port): (&str, u16)) -> Order {
        let container = spec.container.clone().unwrap_or_default();
        let inside = container.port.unwrap_or(USUAL);
        let mut words: Vec<String> = [engine.program(), "run", "--rm", "--name"]
            .map(str::to_owned)
            .into();
        words.push(name(spec, id));
        words.extend(["--label".to_owned(), self.label()]);
        words.extend(["--publish".to_owned(), format!("127.0.0.1:{port}:{inside}")]);
        words.extend(["--memory".to_owned(), format!("{}m", spec.memory_mb)]);
        words.extend(engine.introduction());
        for mount in &spec.mounts {
            let folder = mount.folder.display();
            words.extend([
                "--mount".to_owned(),
                format!("type=bind,source={folder},target={}", mount.at),
            ]);
        }
        let mut environment = of_client();
        words.extend(told(
            variables(engine, spec, (id, inside)),
            &mut environment,
        ));
        words.extend(program(container));
        Order {
            program: words,
            environment,
            folder: "/".into(),
            code: None,
            layers: Vec::new(),
            shown: Vec::new(),
            // Of the container the engine takes care.
            memory_mb: u32::MAX,
            disk_mb: spec.disk_mb,
            input: Input::Null,
            is_free: true,
            slot: self.folder.join(id),
        }
    }

    /// Removes the container of an instance when its process has ended: an engine keeps it when its client is killed.
    pub(super) fn follow(&self, spec: &Spec, id: &str, process: &Process) {
        let known = lock(&self.engine).clone();
        let Some(engine) = known.filter(|_| spec.language == Language::Container) else {
            return;
        };
        let (ended, name) = (process.wait(), name(spec, id));
        tokio::spawn(async move {
            ended.await;
            engine.remove(&name).await;
        });
    }

    /// Has the container of an instance limited to so many processors, soon. `complain` is told why it is not.
    pub(super) fn limit(
        &self,
        spec: &Spec,
        (id, cpu): (&str, f64),
        complain: impl FnOnce(&str) + Send + 'static,
    ) {
        let Some(engine) = lock(&self.engine).clone() else {
            return;
        };
        let name = name(spec, id);
        tokio::spawn(async move {
            if let Err(why) = engine.limit(&name, cpu).await {
                complain(&why);
            }
        });
    }

    /// Removes all.
    pub(super) async fn close(&self) {
        let known = lock(&self.engine).clone();
        if let Some(engine) = known
            && engine.sweep(&self.label()).await.is_ok()
        {
            // What is left there is looked for once more at the next start.
            let _ = std::fs::remove_file(self.used());
        }
    }

    fn used(&self) -> PathBuf {
        self.folder.join(USED)
    }

    fn label(&self) -> String {
        format!("{LABEL}={}", self.folder.display())
    }
}

/// The variables of this machine, by which a client finds its engine.
fn of_client() -> BTreeMap<String, String> {
    let texts = std::env::vars_os();
    texts
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The name of an instance's container.
fn name(spec: &Spec, id: &str) -> String {
    format!("sdev-{}-{id}", spec.function)
}

/// What is run in it, after the options: the program in place of the image's own, the image, arguments.
fn program(container: Container) -> Vec<String> {
    let mut first = container.entrypoint.into_iter();
    let entrypoint = first
        .next()
        .map(|program| ["--entrypoint".to_owned(), program]);
    let mut words: Vec<String> = entrypoint.into_iter().flatten().collect();
    // Whatever it is called, it is no option.
    words.push("--".to_owned());
    words.push(container.image);
    words.extend(first.chain(container.command));
    words
}

/// The variables of a container. This machine's loopback is not its own, so it is named otherwise.
fn variables(engine: &Engine, spec: &Spec, (id, port): (&str, u16)) -> BTreeMap<String, String> {
    let mut all: BTreeMap<_, _> = of_vendor(spec, (id, port), Path::new("/code")).collect();
    let endpoints = spec.identity.endpoints.iter();
    all.extend(endpoints.map(|(name, url)| {
        (
            name.clone(),
            url.replace("//127.0.0.1:", &format!("//{}:", engine.host())),
        )
    }));
    all.extend(spec.environment.clone());
    all
}

/// Words that hand variables over. Arguments can be seen by everybody on this machine, so a variable is given to the client, which
/// passes it on; but for those that the client has or reads itself.
fn told(variables: BTreeMap<String, String>, client: &mut BTreeMap<String, String>) -> Vec<String> {
    let mut words = Vec::new();
    for (name, value) in variables {
        let upper = name.to_uppercase();
        let is_clients =
            client.contains_key(&name) || OF_CLIENT.iter().any(|first| upper.starts_with(first));
        words.push("--env".to_owned());
        if is_clients {
            words.push(format!("{name}={value}"));
        } else {
            words.push(name.clone());
            client.insert(name, value);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_no_arguments_and_variables_of_the_client_stay() {
        let pairs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let mut client = pairs(&[("PATH", "/usr/bin")]);
        let variables = pairs(&[("KEY", "secret"), ("PATH", "/app"), ("http_proxy", "x")]);
        let words = told(variables, &mut client);
        assert_eq!(
            words,
            [
                "--env",
                "KEY",
                "--env",
                "PATH=/app",
                "--env",
                "http_proxy=x"
            ]
        );
        assert_eq!(client, pairs(&[("KEY", "secret"), ("PATH", "/usr/bin")]));
    }

    #[test]
    fn an_entrypoint_takes_the_place_of_the_images_own() {
        let words = |entrypoint: &[&str]| {
            let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
            program(Container {
                image: "image:1".to_owned(),
                entrypoint: texts(entrypoint),
                command: texts(&["a"]),
                ..Container::default()
            })
        };
        assert_eq!(words(&[]), ["--", "image:1", "a"]);
        assert_eq!(
            words(&["/run", "-x"]),
            ["--entrypoint", "/run", "--", "image:1", "-x", "a"]
        );
    }

    #[tokio::test]
    async fn what_looks_like_an_option_is_no_image() {
        let folder = tempfile::tempdir().unwrap();
        let containers = Containers::open(folder.path());
        let refused = containers.engine("--privileged").await.unwrap_err();
        assert!(matches!(refused, Fault::Start(_)), "{refused:?}");
    }
}
