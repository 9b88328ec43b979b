//! Example events of triggers, and calls with them, through the real binary.

use serde_json::Value as Json;

use crate::support::Sandbox;

const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  thumbs:
    component: function
    props:
      name: thumbs
      runtime: python3.10
      handler: index.handler
      code: ./code
      url: true
      schedule: '@every 1h'
      on: { bucket: pictures, prefix: in/, events: [removed] }
  other:
    component: function
    props:
      name: other
      code: ./code
      command: [python3, -m, http.server, '9000']
      port: 9000
      url: true
";

fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("s.yaml", MANIFEST).file(
        "code/index.py",
        "def handler(event, context):\n    return b'heard ' + event\n",
    );
    sandbox
}

fn event(sandbox: &Sandbox, line: &str) -> Json {
    let shown = sandbox.run(&format!("event {line}")).code(0).stdout;
    serde_json::from_str(&shown).unwrap()
}

#[test]
fn a_type_needs_no_manifest() {
    let sandbox = Sandbox::new();
    assert_eq!(event(&sandbox, "timer --sample")["triggerName"], "timer");
    assert_eq!(
        event(&sandbox, "oss")["events"][0]["eventSource"],
        "acs:oss"
    );
    let shown = sandbox.run("event http --json").code(0).object("event");
    assert_eq!(shown["trigger"], Json::Null);
    assert_eq!(shown["event"]["version"], "v1");
    let message = sandbox.run("event mns_topic").code(0).stdout;
    assert_eq!(message, "hello topic\n");
    let refreshed = event(&sandbox, "cdn_events");
    assert_eq!(
        refreshed["events"][0]["eventName"],
        "CachedObjectsRefreshed"
    );
    let sent = event(&sandbox, "eventbridge");
    assert_eq!(sent["type"], "mns:Queue:SendMessage");
    sandbox.run("event timer --fire").code(1).says("SD1001");
    sandbox.run("event thumbs.timer").code(1).says("SD0101");
}

#[test]
fn an_example_fits_its_trigger() {
    let sandbox = project();
    for line in ["thumbs.oss", "thumbs/oss", "oss"] {
        let event = event(&sandbox, line);
        let event = &event["events"][0];
        assert_eq!(event["eventName"], "ObjectRemoved:DeleteObject", "{line}");
        assert_eq!(event["oss"]["bucket"]["name"], "pictures");
        assert_eq!(event["oss"]["object"]["key"], "in/example.txt");
    }
    let shown = sandbox.run("event thumbs.timer --json").code(0);
    assert_eq!(shown.object("event")["trigger"], "thumbs.trigger[timer]");
    // Two are called so; the type is still one.
    assert_eq!(event(&sandbox, "http")["version"], "v1");
    let several = sandbox.run("event http --fire").code(1);
    several
        .says("SD0722")
        .says("thumbs.http, thumbs.oss, thumbs.timer");
    let unknown = sandbox.run("event thumbs.tick").code(1);
    unknown.says("SD0722").says("thumbs.timer");
}

/// The function `warm` with triggers, deployed; a second plan is empty.
fn deployed(triggers: &str) -> Sandbox {
    let sandbox = project().with_cloud();
    let manifest = format!(
        "\
edition: 3.0.0
name: shop
access: local
resources:
  warm:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: warm
      runtime: python3.10
      handler: index.handler
      code: ./code
      triggers:
{triggers}"
    );
    sandbox.file("s.yaml", &manifest);
    sandbox.run("deploy -y").code(0);
    let plan = sandbox.run("plan").code(0).stdout;
    assert!(plan.contains("No changes"), "{plan}");
    sandbox
}

/// What the function heard when a trigger of it was fired.
fn fired(sandbox: &Sandbox, trigger: &str) -> Json {
    let line = format!("event {trigger} --fire");
    let said = sandbox.run(&line).code(0).stdout;
    serde_json::from_str(said.strip_prefix("heard ").unwrap()).unwrap()
}

#[test]
fn a_trigger_of_a_queue_is_deployed_and_fired_by_hand() {
    let sandbox = deployed(
        "
        - triggerName: orders
          triggerType: eventbridge
          triggerConfig: &config
            triggerEnable: true
            asyncInvocationType: false
            eventRuleFilterPattern: '{}'
            eventSourceConfig:
              eventSourceType: MNS
              eventSourceParameters: { sourceMNSParameters: { QueueName: orders, IsBase64Decode: false } }
            eventSinkConfig: { deliveryOption: { eventSchema: CloudEvents } }
            runOptions: { mode: event-driven }
        - triggerName: many
          triggerType: eventbridge
          triggerConfig:
            <<: *config
            runOptions:
              mode: event-streaming
              batchWindow: { CountBasedWindow: 10, TimeBasedWindow: 3 }
              errorsTolerance: ALL
              deadLetterQueue: { Arn: 'acs:mns:cn-hangzhou:1234567890123456:/queues/dead' }
        - triggerName: any
          triggerType: eventbridge
          triggerConfig: { triggerEnable: true, asyncInvocationType: true, eventRuleFilterPattern: '{}', eventSourceConfig: { eventSourceType: Default } }
",
    );
    let one = fired(&sandbox, "warm.orders");
    assert_eq!(one["source"], "MNS-warm-orders");
    assert_eq!(one["data"]["messageBody"], "hello queue");
    let many = fired(&sandbox, "warm.many");
    let item: Json = serde_json::from_str(many[0].as_str().unwrap()).unwrap();
    assert_eq!(item["source"], "acs:mns");
    assert_eq!(item["data"], one["data"]);
    sandbox
        .run("event warm.any")
        .code(1)
        .says("`eventbridge` with this source");
}

#[test]
fn a_trigger_of_the_cdn_is_deployed_and_fired_by_hand() {
    let sandbox = deployed(
        "
        - triggerName: stopped
          triggerType: cdn_events
          triggerConfig:
            eventName: CdnDomainStopped
            eventVersion: 1.0.0
            filter: { domain: [www.shop.test] }
",
    );
    let heard = fired(&sandbox, "warm.stopped");
    let heard = &heard["events"][0];
    assert_eq!(heard["eventName"], "CdnDomainStopped");
    assert_eq!(heard["eventParameter"]["domain"], "www.shop.test");
    assert_eq!(heard["eventParameter"]["status"], "offline");
}

#[test]
fn firing_calls_the_deployed_function() {
    let sandbox = project().with_cloud();
    sandbox
        .run("event thumbs.timer --fire")
        .code(1)
        .says("SD0720");
    sandbox.run("deploy -y").code(0);
    let said = sandbox.run("event thumbs.timer --fire").code(0).stdout;
    let heard = said.strip_prefix("heard ").unwrap();
    let heard: Json = serde_json::from_str(heard).unwrap();
    assert_eq!(heard["triggerName"], "timer");

    // What is deployed has an address and an id of its own.
    let said = sandbox.run("event thumbs.http --fire --json").code(0);
    let said = said.object("invocation")["payload"].clone();
    let heard = said.as_str().unwrap().strip_prefix("heard ").unwrap();
    let heard: Json = serde_json::from_str(heard).unwrap();
    assert_eq!(heard["requestContext"]["domainName"], "127.0.0.1");
    let state = sandbox.state("".as_ref(), "shop");
    let outputs = &state["records"]["thumbs.trigger[http]"]["outputs"];
    assert_eq!(heard["requestContext"]["triggerId"], outputs["triggerId"]);

    let refused = sandbox.run("event other.http --fire").code(1);
    refused
        .says("web server")
        .says("sdev output other.url.system_url");
}
