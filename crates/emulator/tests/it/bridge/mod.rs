//! `EventBridge`: buses, rules, and how events reach their targets.

mod api;
mod crash;
mod deliver;
mod fault;
mod join;
mod plane;
mod stream;
mod stream_crash;

use std::net::SocketAddr;

use serde_json::{Value as Json, json};

use crate::client::Cloud;
use crate::flow::rpc;

const ACCOUNT: &str = "cn-hangzhou:1234567890123456";

/// A signed call; the body of its reply.
pub(crate) async fn call(
    address: SocketAddr,
    action: &str,
    params: &[(&str, &str)],
) -> std::io::Result<Json> {
    let reply = rpc(address, ("2020-04-01", action), params).await?;
    Ok(reply.json())
}

impl Cloud {
    /// The body of a reply, whatever it says.
    async fn eb(&self, action: &str, params: &[(&str, &str)]) -> Json {
        call(self.address(), action, params).await.unwrap()
    }

    /// The data of a reply that says that all is well.
    async fn eb_data(&self, action: &str, params: &[(&str, &str)]) -> Json {
        let reply = self.eb(action, params).await;
        assert_eq!(reply["Success"], true, "{action}: {reply}");
        assert_eq!(reply["Code"], "Success");
        reply["Data"].clone()
    }

    /// The code of a refusal.
    async fn eb_refused(&self, action: &str, params: &[(&str, &str)]) -> String {
        let reply = self.eb(action, params).await;
        assert_ne!(reply["Success"], true, "{action}: {reply}");
        reply["Code"].as_str().unwrap_or_default().to_owned()
    }

    /// Makes a rule of the default bus with targets.
    pub(crate) async fn rule(&self, name: &str, pattern: &Json, targets: &Json) {
        let (pattern, targets) = (pattern.to_string(), targets.to_string());
        let params = [
            ("EventBusName", "default"),
            ("RuleName", name),
            ("FilterPattern", &pattern),
            ("EventTargets", &targets),
        ];
        self.eb_data("CreateRule", &params).await;
    }

    /// Puts an event of the shop into the default bus.
    async fn sold(&self, id: &str, data: &Json) {
        let put = self.put(&json!([event(id, data)])).await;
        assert_eq!(put["FailedEntryCount"], 0, "{put}");
    }

    /// Puts events into the default bus.
    async fn put(&self, events: &Json) -> Json {
        let events = events.to_string();
        let params = [("EventBusName", "default"), ("EventList", &events)];
        self.eb_data("PutEvents", &params).await
    }
}

/// An event of the shop, as the API of rules takes it.
fn event(id: &str, data: &Json) -> Json {
    json!({"Id": id, "Source": "shop", "Type": "shop:sold", "SpecVersion": "1.0", "Data": data.to_string()})
}

/// A target that is a queue, with parameters.
pub(crate) fn queue(id: &str, name: &str, params: &Json) -> Json {
    let endpoint = format!("acs:mns:{ACCOUNT}:queues/{name}");
    json!({"Id": id, "Type": "acs.mns.queue", "Endpoint": endpoint, "ParamList": params})
}
