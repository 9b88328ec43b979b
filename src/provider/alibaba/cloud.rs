//! The provider: a table of kinds over one transport.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::cdn::Cdn;
use super::fc::Fc;
use super::fnf::Fnf;
use super::kind::{CdnDomain, Driver, OssBucket, OssFiles};
use super::kind::{FcAlias, FcDomain, FcFunction, FcLayer, FcRoute};
use super::kind::{FcSetting, FcTrigger, FcVersion, FcVpcBinding};
use super::kind::{Flow, FlowAlias, FlowSchedule, FlowVersion};
use super::oss::Oss;
use super::target::Target;
use super::transport::Transport;
use crate::provider::{ErrorKind, Made, Provider, ProviderError, Seen, Task};
use crate::resource::{Kind, Object, RemoteId, Specs};
use crate::state::Record;

/// Alibaba Cloud, or a local cloud that speaks the same.
pub struct Alibaba {
    kinds: BTreeMap<&'static str, Box<dyn Driver>>,
}

impl Alibaba {
    /// A provider for the target. Nothing is sent yet.
    pub fn new(target: Target) -> Result<Self, ProviderError> {
        Ok(Self::over(Transport::new(target)?))
    }

    pub(super) fn over(transport: Transport) -> Self {
        let transport = Arc::new(transport);
        let oss = Oss::new(Arc::clone(&transport));
        let fc = Fc::new(Arc::clone(&transport));
        let fnf = Fnf::new(Arc::clone(&transport));
        let mut drivers: Vec<Box<dyn Driver>> = vec![
            Box::new(OssBucket::new(oss.clone())),
            Box::new(OssFiles::new(oss)),
            Box::new(CdnDomain::new(Cdn::new(transport))),
            Box::new(FcFunction::new(fc.clone())),
            Box::new(FcLayer::new(fc.clone())),
            Box::new(FcVersion::new(fc.clone())),
            Box::new(FcAlias::new(fc.clone())),
            Box::new(FcTrigger::new(fc.clone())),
            Box::new(FcVpcBinding::new(fc.clone())),
            Box::new(FcDomain::new(fc.clone())),
            Box::new(FcRoute::new(fc.clone())),
            Box::new(Flow::new(fnf.clone())),
            Box::new(FlowVersion::new(fnf.clone())),
            Box::new(FlowAlias::new(fnf.clone())),
            Box::new(FlowSchedule::new(fnf)),
        ];
        for setting in FcSetting::all(&fc) {
            drivers.push(Box::new(setting));
        }
        let named = drivers.into_iter().map(|driver| (driver.name(), driver));
        Self {
            kinds: named.collect(),
        }
    }

    fn driver(&self, kind: &Kind) -> Result<&dyn Driver, ProviderError> {
        let driver = self.kinds.get(kind.as_str()).map(Box::as_ref);
        driver.ok_or_else(|| {
            let message = "this provider has no such kind";
            ProviderError::new(ErrorKind::Unsupported, kind.as_str(), message)
        })
    }
}

#[async_trait]
impl Provider for Alibaba {
    fn specs(&self) -> Specs {
        let kinds = self.kinds.iter();
        kinds
            .map(|(name, driver)| (Kind::from(*name), driver.spec()))
            .collect()
    }

    fn identity(&self, kind: &Kind, attrs: &Object) -> Option<RemoteId> {
        self.driver(kind).ok()?.identity(attrs)
    }

    async fn read(
        &self,
        kind: &Kind,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        self.driver(kind)?.read(id, known).await
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        self.driver(task.kind)?.create(task).await
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        self.driver(task.kind)?.update(task).await
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        self.driver(task.kind)?.delete(task).await
    }

    async fn act(&self, action: &str, on: &Record, args: &Json) -> Result<Json, ProviderError> {
        self.driver(&on.kind)?.act(action, on, args).await
    }
}
