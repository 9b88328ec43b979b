//! Deletes packages that nothing needs any more: one task looks after each change, and again as long as something still runs from one.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::function::model::{AttachedLayer, Package};
use crate::function::service::Shared;
use crate::function::table;
use crate::store::StoreError;

/// Between a change and the look: who found the code before the change has begun to use it by then, and many changes are one look.
const BREATH: Duration = Duration::from_secs(1);
/// Between looks while something is used that nothing names, or after the disk failed.
const AGAIN: Duration = Duration::from_secs(5);

/// Sweeps until the room is closed; first what an earlier cloud left.
pub(in crate::function) async fn work(shared: Arc<Shared>) {
    loop {
        let sweeping = Arc::clone(&shared);
        let swept = shared.blocking(move || sweeping.sweep()).await;
        let left = !matches!(swept, Ok(Ok(false)));
        tokio::select! {
            () = shared.packages.closed() => return,
            () = shared.packages.changed() => {}
            () = tokio::time::sleep(AGAIN), if left => {}
        }
        tokio::select! {
            () = shared.packages.closed() => return,
            () = tokio::time::sleep(BREATH) => {}
        }
    }
}

impl Shared {
    /// Deletes what is not needed; whether there may be more. Blocks.
    fn sweep(&self) -> Result<bool, StoreError> {
        let used = self.run.in_use();
        let left = self.packages.put_away(|| self.store.peek(named), &used)?;
        self.packages.empty_trash()?;
        Ok(left)
    }
}

/// The digests of all packages that functions, their versions and layers name.
fn named(db: &Connection) -> Result<HashSet<String>, StoreError> {
    let functions = table::function::all(db)?.into_iter();
    let versions = table::version::all(db)?.into_iter();
    let parts = functions.map(|function| (function.code, function.layers));
    let parts = parts.chain(versions.map(|version| (version.code, version.layers)));
    let mut named: HashSet<String> = parts.flat_map(digests).collect();
    let layers = table::layer::all_versions(db)?.into_iter();
    named.extend(layers.map(|version| version.package.sha256));
    Ok(named)
}

/// The digests of all packages of a function.
fn digests((code, layers): (Option<Package>, Vec<AttachedLayer>)) -> impl Iterator<Item = String> {
    let layers = layers.into_iter().filter_map(|layer| layer.package);
    code.into_iter().chain(layers).map(|package| package.sha256)
}
