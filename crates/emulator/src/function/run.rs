//! The contract with whatever runs functions, so that the room can be tested without processes.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use runtime::{Call, Fault, Fleet, InstanceInfo, Language, Reply, Scale, Spec};
use tokio_util::sync::CancellationToken;

/// Runs functions.
#[async_trait]
pub(crate) trait Run: Send + Sync {
    /// Calls an instance of the spec, starting one when there is none.
    async fn call(&self, spec: &Arc<Spec>, call: Call) -> Result<Reply, Fault>;

    /// The same; the call ends when `stop` is cancelled.
    async fn call_until(
        &self,
        spec: &Arc<Spec>,
        call: Call,
        stop: CancellationToken,
    ) -> Result<Reply, Fault>;

    /// Whether code in a language can run at all.
    async fn check(&self, language: Language) -> Result<(), Fault>;

    /// Whether the program of a custom runtime is there, as far as that is certain.
    async fn check_program(&self, spec: &Arc<Spec>) -> Result<(), Fault>;

    /// Limits the instances of a function; nothing: no limit.
    fn reserve(&self, function: &str, instances: Option<u32>);

    /// Ends all calls of a function that have no answer yet.
    fn interrupt(&self, function: &str);

    /// Says how many instances a version must and may have.
    fn keep(&self, spec: &Arc<Spec>, scale: Scale);

    /// The instances of a function.
    fn instances(&self, function: &str) -> Vec<InstanceInfo>;

    /// Why kept instances by a qualifier are missing; nothing while they are there or may come.
    fn lack(&self, function: &str, qualifier: &str) -> Option<String>;

    /// The folders of code and layers that something runs from, or is about to.
    fn in_use(&self) -> HashSet<PathBuf>;

    /// Stops all instances of a function, or of one version of it.
    async fn retire(&self, function: &str, version: Option<&str>);

    /// Stops everything.
    async fn close(&self);
}

#[async_trait]
impl Run for Fleet {
    async fn call(&self, spec: &Arc<Spec>, call: Call) -> Result<Reply, Fault> {
        Self::call(self, spec, call).await
    }

    async fn call_until(
        &self,
        spec: &Arc<Spec>,
        call: Call,
        stop: CancellationToken,
    ) -> Result<Reply, Fault> {
        Self::call_until(self, spec, call, stop).await
    }

    async fn check(&self, language: Language) -> Result<(), Fault> {
        Self::check(self, language).await
    }

    async fn check_program(&self, spec: &Arc<Spec>) -> Result<(), Fault> {
        Self::check_program(self, spec).await
    }

    fn reserve(&self, function: &str, instances: Option<u32>) {
        Self::reserve(self, function, instances);
    }

    fn interrupt(&self, function: &str) {
        Self::interrupt(self, function);
    }

    fn keep(&self, spec: &Arc<Spec>, scale: Scale) {
        Self::keep(self, spec, scale);
    }

    fn instances(&self, function: &str) -> Vec<InstanceInfo> {
        Self::instances(self, function)
    }

    fn lack(&self, function: &str, qualifier: &str) -> Option<String> {
        Self::lack(self, function, qualifier)
    }

    fn in_use(&self) -> HashSet<PathBuf> {
        Self::in_use(self)
    }

    async fn retire(&self, function: &str, version: Option<&str>) {
        Self::retire(self, function, version).await;
    }

    async fn close(&self) {
        Self::close(self).await;
    }
}
