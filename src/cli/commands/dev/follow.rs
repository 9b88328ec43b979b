//! What functions write while `sdev dev` runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::super::local::{self, Admin};
use super::super::super::printer::Printer;
use super::super::super::view;
use super::ROUND;
use crate::diagnostic::{Diagnostic, Diagnostics, code};

/// Functions by their names in the cloud: their resources.
type Functions = Arc<Mutex<BTreeMap<String, String>>>;

/// Shows what functions write from when they are first named until they are no more, whatever becomes of the local cloud.
pub(super) struct Followers {
    runtime: tokio::runtime::Runtime,
    followed: Functions,
    printer: Printer,
}

impl Followers {
    pub(super) fn new(printer: Printer) -> Result<Self, Diagnostics> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.map_err(|e| Diagnostic::error(code::MACHINE, e.to_string()))?;
        Ok(Self {
            runtime,
            followed: Functions::default(),
            printer,
        })
    }

    /// From now on these, resource and name, and no others.
    pub(super) fn follow(&self, functions: Vec<(String, String)>) {
        let wanted: BTreeMap<String, String> = functions
            .into_iter()
            .map(|(resource, name)| (name, resource))
            .collect();
        let mut followed = lock(&self.followed);
        for (name, resource) in wanted
            .iter()
            .filter(|(name, _)| !followed.contains_key(*name))
        {
            let of = (resource.clone(), name.clone());
            let followed = Arc::clone(&self.followed);
            self.runtime.spawn(keep_up(of, followed, self.printer));
        }
        *followed = wanted;
    }
}

fn lock(
    functions: &Mutex<BTreeMap<String, String>>,
) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
    functions.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_followed(functions: &Functions, name: &str) -> bool {
    lock(functions).contains_key(name)
}

/// Shows what one function writes as long as it is followed.
async fn keep_up((resource, name): (String, String), followed: Functions, printer: Printer) {
    while is_followed(&followed, &name) {
        // A cloud that ends takes its lines along. Another may come.
        let _: Result<(), Diagnostics> = one(&resource, &name, printer).await;
        tokio::time::sleep(ROUND).await;
    }
}

/// Shows what one function writes until its cloud ends.
async fn one(resource: &str, name: &str, printer: Printer) -> Result<(), Diagnostics> {
    let Some((endpoint, keys)) = local::running()? else {
        return Ok(());
    };
    let query = [
        ("function", name.to_owned()),
        ("tail", "0".to_owned()),
        ("follow", "1".to_owned()),
    ];
    let mut lines = Admin::new(&endpoint, &keys)?.logs(&query).await?;
    while let Some(line) = lines.next().await? {
        view::log::show(printer, Some(resource), &line);
    }
    Ok(())
}
