//! Domains that know their visitors by a token.

use serde_json::json;

use crate::client::{Cloud, exchange, request};
use crate::function::archive;

#[tokio::test]
async fn a_domain_takes_tokens_as_json_in_a_text() {
    const TOKEN: &str = "token-abcdefghijklmnopqrstuvwxyz0123";
    let cloud = Cloud::start().await;
    let code = "def handler(event, context):\n    return 'in'\n";
    let function = json!({
        "functionName": "f", "runtime": "python3.10", "handler": "index.handler", "timeout": 20,
        "code": { "zipFile": archive("index.py", code) },
    });
    let made = cloud.fc_json("POST", "functions", &function).await;
    assert_eq!(made.status, 200, "{made:?}");
    let domain = |auth: &serde_json::Value| {
        json!({
            "domainName": "shop.test", "protocol": "HTTP",
            "routeConfig": { "routes": [{ "path": "/*", "functionName": "f" }] },
            "authConfig": auth,
        })
    };
    let token = |enable: bool| json!({ "tokenName": "t", "enable": enable, "tokenData": TOKEN });
    let with = |tokens: serde_json::Value| {
        let info = json!({ "tokens": tokens }).to_string();
        domain(&json!({ "authType": "bearer", "authInfo": info }))
    };
    let refused = cloud
        .fc_json("POST", "custom-domains", &with(json!([])))
        .await;
    let said = refused.json()["Message"].to_string();
    assert!(said.contains("authConfig.authInfo.tokens"), "{said}");
    let basic = domain(&json!({ "authType": "basic", "authInfo": "{}" }));
    let unserved = cloud.fc_json("POST", "custom-domains", &basic).await;
    assert_eq!((refused.status, unserved.status), (400, 501));

    let made = cloud
        .fc_json("POST", "custom-domains", &with(json!([token(true)])))
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    let visit = async |given: &[(&str, &str)]| {
        let all = [&[("host", "shop.test")], given].concat();
        let all = all
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let bytes = request("GET", "/", &all.collect::<Vec<_>>(), b"");
        exchange(cloud.address(), &bytes).await.unwrap().status
    };
    let bearer = format!("bearer {TOKEN}");
    let right = [("authorization", bearer.as_str())];
    assert_eq!(visit(&right).await, 200);
    assert_eq!(visit(&[]).await, 403);
    let off = with(json!([token(false)]));
    let put = cloud.fc_json("PUT", "custom-domains/shop.test", &off).await;
    assert_eq!(put.status, 200, "{put:?}");
    assert_eq!(visit(&right).await, 403);
}
