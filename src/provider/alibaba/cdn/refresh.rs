//! Marking cached files as expired, and asking how far that is.

use serde::Deserialize;
use serde_json::Value as Json;

use super::client::{Cdn, call};
use crate::provider::ProviderError;
use crate::provider::alibaba::rpc::Call;

/// What to mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::provider::alibaba) enum Purge {
    /// Single URLs.
    File,
    /// Everything below URLs that end with a slash.
    Directory,
}

impl Purge {
    /// The API's word for it.
    pub(in crate::provider::alibaba) fn name(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Directory => "Directory",
        }
    }
}

/// URLs in one call. The service takes more (1,000 URLs or 100 folders), but a call may be as long as 100 KB here.
const AT_ONCE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RefreshReply {
    #[serde(default)]
    refresh_task_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TasksReply {
    #[serde(default)]
    tasks: Tasks,
}

#[derive(Deserialize, Default)]
struct Tasks {
    #[serde(rename = "CDNTask", default)]
    tasks: Vec<Json>,
}

impl Cdn {
    /// Marks URLs as expired at once or within minutes; the ids of the tasks come back.
    pub(in crate::provider::alibaba) async fn refresh(
        &self,
        urls: &[String],
        purge: Purge,
    ) -> Result<Vec<String>, ProviderError> {
        let mut tasks = Vec::new();
        for batch in urls.chunks(AT_ONCE) {
            let reply: RefreshReply = self.call(&refresh(batch, purge)).await?;
            let ids = reply.refresh_task_id.split(',').filter(|id| !id.is_empty());
            tasks.extend(ids.map(str::to_owned));
        }
        Ok(tasks)
    }

    /// What became of a refresh: the service's own records of it.
    pub(in crate::provider::alibaba) async fn refresh_task(
        &self,
        id: &str,
    ) -> Result<Vec<Json>, ProviderError> {
        let reply: TasksReply = self.call(&refresh_task(id)).await?;
        Ok(reply.tasks.tasks)
    }
}

pub(super) fn refresh(urls: &[String], purge: Purge) -> Call {
    call("RefreshObjectCaches")
        .field("ObjectPath", urls.join("\n"))
        .field("ObjectType", purge.name())
}

pub(super) fn refresh_task(id: &str) -> Call {
    call("DescribeRefreshTasks").param("TaskId", id)
}
