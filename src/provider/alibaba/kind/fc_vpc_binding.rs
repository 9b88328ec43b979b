//! `fc.vpc_binding`: the networks that alone may call a function.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::attrs::{id_of, remote};
use super::driver::Driver;
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "fc.vpc_binding";

/// Bindings of functions to networks.
pub(in crate::provider::alibaba) struct FcVpcBinding {
    fc: Fc,
}

impl FcVpcBinding {
    pub(in crate::provider::alibaba) fn new(fc: Fc) -> Self {
        Self { fc }
    }

    async fn get(&self, function: &str) -> Result<BTreeSet<String>, ProviderError> {
        let path = ["functions", function, "vpc-bindings"];
        let found = self.fc.find(&Call::get("ListVpcBindings", &path)).await?;
        Ok(texts(found.as_ref().and_then(|found| found.get("vpcIds"))))
    }

    /// Brings the set to the one wanted: what is too much goes.
    async fn sync(&self, function: &str, wanted: &BTreeSet<String>) -> Result<(), ProviderError> {
        let there = self.get(function).await?;
        for vpc in wanted.difference(&there) {
            let path = ["functions", function, "vpc-bindings"];
            let call = Call::post("CreateVpcBinding", &path, json!({ "vpcId": vpc }));
            self.fc.send(&call).await?;
        }
        for vpc in there.difference(wanted) {
            let path = ["functions", function, "vpc-bindings", vpc];
            self.fc
                .remove(&Call::delete("DeleteVpcBinding", &path))
                .await?;
        }
        Ok(())
    }

    async fn put(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        self.sync(id.as_str(), &texts(task.attrs.get("vpcIds")))
            .await?;
        Ok(Made {
            id,
            outputs: Object::new(),
        })
    }
}

#[async_trait]
impl Driver for FcVpcBinding {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let mut spec = KindSpec::new(&["functionName"], &[]);
        spec.identity.insert("functionName".into());
        spec.contained = true;
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        id_of(attrs, "functionName")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let there = self.get(id.as_str()).await?;
        if there.is_empty() {
            return Ok(None);
        }
        // A set: in the order asked for while it is the same.
        let asked = known.and_then(|record| record.attrs.get("vpcIds"));
        let shown = match asked {
            Some(asked) if texts(Some(asked)) == there => asked.clone(),
            _ => json!(there),
        };
        let mut attrs = Object::new();
        attrs.insert("functionName".into(), id.as_str().into());
        attrs.insert("vpcIds".into(), shown);
        Ok(Some(Seen { attrs, owner: None }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        self.put(task).await
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        self.put(task).await
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        self.sync(id.as_str(), &BTreeSet::new()).await
    }
}

fn texts(list: Option<&Json>) -> BTreeSet<String> {
    let items = list.and_then(Json::as_array).into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
