//! Where a project's state resides: in a folder or in a bucket, and never in two places.

use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, code};
use crate::own::Storage;
use crate::state::{LockedState, Place, SharedPlace, Shelf, State, StateError};
use crate::sys::fs;

/// A bucket and what all keys in it begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The bucket.
    pub bucket: String,
    /// The prefix, without a slash at its end.
    pub prefix: String,
    /// The bucket's region, if it is said.
    pub region: Option<String>,
}

/// Opens what lies at an address.
pub type OpenShelf = dyn Fn(&Address) -> Result<Arc<dyn Shelf>, Diagnostic> + Send + Sync;

/// Where one state resides.
#[derive(Debug, Clone)]
pub struct Residence {
    at: At,
    /// As the manifest names it.
    name: String,
    /// The folder beside the manifest, where a note is left when the state is elsewhere. `None`: nothing is noted.
    beside: Option<Place>,
}

#[derive(Debug, Clone)]
enum At {
    Folder(Place),
    Bucket(Address),
}

/// The default folder.
const BESIDE: &str = ".sdev";

/// The note in the default folder that names another place.
const NOTE: &str = "elsewhere";

impl Residence {
    /// Where the state of an application in an environment resides, as the manifest in `folder` says.
    pub fn new(storage: &Storage, folder: &Path, (app, environment): (&str, &str)) -> Self {
        let beside = Place::new(folder, app, environment);
        let (name, at) = match storage {
            Storage::Beside => (BESIDE.to_owned(), At::Folder(beside.clone())),
            Storage::Folder { path } => {
                let place = Place::below(&folder.join(path), app, environment);
                (path.clone(), At::Folder(place))
            }
            Storage::Bucket {
                bucket,
                prefix,
                region,
            } => {
                let own = Place::names(app, environment).join("/");
                let address = Address {
                    bucket: bucket.clone(),
                    prefix: format!("{prefix}/{own}").trim_start_matches('/').to_owned(),
                    region: region.clone(),
                };
                (oss_name(bucket, prefix), At::Bucket(address))
            }
        };
        Self {
            at,
            name,
            beside: Some(beside),
        }
    }

    /// A place outside the project.
    pub fn apart(place: Place) -> Self {
        Self {
            name: place.folder().display().to_string(),
            at: At::Folder(place),
            beside: None,
        }
    }

    /// The same, but what lies beside the manifest has nothing to do with it.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.beside = None;
        self
    }

    /// As the manifest names it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether reading it means asking a service.
    pub fn is_shared(&self) -> bool {
        matches!(self.at, At::Bucket(_))
    }

    /// The state, if it resides on this machine.
    pub fn read_here(&self) -> Option<Result<State, Diagnostic>> {
        let At::Folder(place) = &self.at else {
            return None;
        };
        let read = place.read().map_err(Diagnostic::from);
        Some(read.and_then(|state| self.only_here(&state).map(|()| state)))
    }

    /// The state as it stands.
    pub async fn read(&self, open: Option<&OpenShelf>) -> Result<State, Diagnostic> {
        if let Some(read) = self.read_here() {
            return read;
        }
        let state = self.shared(open)?.read().await.map_err(Diagnostic::from)?;
        self.only_here(&state)?;
        Ok(state)
    }

    /// Takes the state; `operation` is what others see of us meanwhile.
    pub async fn lock(
        &self,
        operation: &str,
        open: Option<&OpenShelf>,
    ) -> Result<LockedState, Diagnostic> {
        let locked = self.take(operation, open).await?;
        let known = self
            .only_here(locked.state())
            .and_then(|()| self.note(locked.state()));
        match known {
            Ok(()) => Ok(locked),
            Err(error) => {
                // What stands against it is told; the lock ends with the process at the latest.
                drop(locked.release().await);
                Err(error)
            }
        }
    }

    /// Brings the state here from another place, which then holds none. Done again after a kill, it ends well.
    pub async fn bring(&self, from: &Self, open: Option<&OpenShelf>) -> Result<(), Diagnostic> {
        if from.name == self.name {
            let detail = format!("the state is in {} already", self.name);
            return Err(Diagnostic::error(code::USAGE, detail));
        }
        let source = from.take("state move", open).await?;
        if is_fresh(source.state()) {
            drop(source.release().await);
            let detail = format!("there is no state in {}", from.name);
            return Err(Diagnostic::error(code::USAGE, detail));
        }
        let mut target = self.take("state move", open).await?;
        let (old, new) = (source.state(), target.state());
        let came_already = old.lineage == new.lineage && old.serial <= new.serial;
        if !is_fresh(new) && !came_already {
            drop((source.release().await, target.release().await));
            let detail = format!(
                "there is a state in {} and another one in {}",
                from.name, self.name
            );
            return Err(Diagnostic::error(code::STATE_ELSEWHERE, detail)
                .hint("decide which one is right, and put the other one away"));
        }
        if !came_already {
            let brought = old.clone();
            target
                .edit(|state| *state = brought)
                .await
                .map_err(Diagnostic::from)?;
        }
        self.note(target.state())?;
        target.release().await.map_err(Diagnostic::from)?;
        source.vacate().await.map_err(Diagnostic::from)
    }

    async fn take(
        &self,
        operation: &str,
        open: Option<&OpenShelf>,
    ) -> Result<LockedState, Diagnostic> {
        let taken: Result<LockedState, StateError> = match &self.at {
            At::Folder(place) => place.lock_for(operation),
            At::Bucket(_) => self.shared(open)?.lock_for(operation).await,
        };
        taken.map_err(Diagnostic::from)
    }

    fn shared(&self, open: Option<&OpenShelf>) -> Result<SharedPlace, Diagnostic> {
        if let (At::Bucket(address), Some(open)) = (&self.at, open) {
            return open(address).map(SharedPlace::new);
        }
        let detail = format!("{} cannot be asked without an access", self.name);
        Err(Diagnostic::error(code::STATE_SHARED, detail))
    }

    /// Refuses an empty place when another one holds a state: everything would be made a second time.
    fn only_here(&self, state: &State) -> Result<(), Diagnostic> {
        let (true, Some(beside)) = (is_fresh(state), &self.beside) else {
            return Ok(());
        };
        let noted = fs::read_text(&beside.folder().join(NOTE)).map_err(Diagnostic::from)?;
        let noted = noted.map(|text| text.trim().to_owned());
        let other = match noted.filter(|noted| !noted.is_empty() && *noted != self.name) {
            Some(noted) => Some(noted),
            None if self.name == BESIDE => None,
            None => {
                let state = beside.read().map_err(Diagnostic::from)?;
                (!is_fresh(&state)).then(|| BESIDE.to_owned())
            }
        };
        let Some(other) = other else {
            return Ok(());
        };
        let detail = format!(
            "there is no state in {}, and there was one in {other}",
            self.name
        );
        Err(
            Diagnostic::error(code::STATE_ELSEWHERE, detail).hint(format!(
                "to go on with it here: sdev state move --from {other}"
            )),
        )
    }

    /// Leaves word beside the manifest of where the state is.
    fn note(&self, state: &State) -> Result<(), Diagnostic> {
        let Some(beside) = &self.beside else {
            return Ok(());
        };
        let left = beside.read().map_err(Diagnostic::from)?;
        if self.name != BESIDE && left.lineage == state.lineage {
            // It was brought from there, by a run that was killed before it could put the old one away.
            beside.put_away().map_err(Diagnostic::from)?;
        }
        let file = beside.folder().join(NOTE);
        let text = format!("{}\n", self.name);
        let noted = fs::read_text(&file).map_err(Diagnostic::from)?;
        let done = match noted {
            Some(_) if self.name == BESIDE && !is_fresh(state) => fs::remove_file(&file),
            noted if self.name != BESIDE && noted.as_ref() != Some(&text) => {
                fs::write_atomic(&file, text.as_bytes(), fs::Readers::Default)
            }
            _ => Ok(()),
        };
        done.map_err(Diagnostic::from)
    }
}

/// Whether nothing was ever written to it.
fn is_fresh(state: &State) -> bool {
    state.serial == 0 && state.records.is_empty() && state.deposed.is_empty()
}

fn oss_name(bucket: &str, prefix: &str) -> String {
    format!("oss://{bucket}/{prefix}")
        .trim_end_matches('/')
        .to_owned()
}
