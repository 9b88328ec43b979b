//! An id leads from the gateway through functions and queues to every call that was made under it.

use std::time::{Duration, Instant};

use crate::support::{Fetched, Sandbox, fetch};

const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  page:
    component: function
    props:
      runtime: python3.10
      code: ./page
      url: true
      env: {STOCK: '${resources.stock.output.url.system_url}'}
  stock:
    component: function
    props:
      runtime: nodejs20
      code: ./stock
      url: true
      env: {AUDIT: '${resources.audit.output.url.system_url}'}
  audit:
    component: function
    props:
      runtime: custom
      code: ./audit
      url: true
      command: [python3, server.py]
      port: 9000
";

const PAGE: &str = "\
import json
import os
import urllib.request

def handler(event, context):
    request = json.loads(event)
    print('page', request['rawPath'])
    passed_on = {'traceparent': request['headers']['Traceparent']}
    asked = urllib.request.Request(os.environ['STOCK'] + request['rawPath'][1:], headers=passed_on)
    with urllib.request.urlopen(asked) as answer:
        return answer.read()
";

const STOCK: &str = "\
exports.handler = async (event) => {
  const { rawPath, headers } = JSON.parse(event);
  console.log('stock', rawPath);
  const passed = { traceparent: headers.Traceparent, 'X-Fc-Invocation-Type': 'Async' };
  await fetch(process.env.AUDIT + rawPath.slice(1), { headers: passed });
  return headers.Traceparent;
};
";

const AUDIT: &str = "\
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print('audit', self.path, self.headers['traceparent'], flush=True)
        self.send_response(200)
        self.end_headers()

http.server.HTTPServer(('127.0.0.1', 9000), Handler).serve_forever()
";

#[test]
fn an_id_leads_through_gateway_functions_and_queue_to_all_that_was_called_under_it() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file("s.yaml", MANIFEST)
        .file("page/index.py", PAGE)
        .file("stock/index.js", STOCK)
        .file("audit/server.py", AUDIT);
    sandbox.run("logs").code(1).says("SD0720");
    sandbox.run("deploy -y").code(0);
    let ask = |path: &str, headers: &[(&str, &str)]| {
        let path = format!("/_fc/shop-page{path}");
        fetch(sandbox.port(), "127.0.0.1", &path, headers)
    };
    let first = ask("/first", &[]);
    let second = ask("/second", &[]);
    let id = |fetched: &Fetched| fetched.header("x-fc-request-id").unwrap().to_owned();
    // The trace that the second function was in begins with the first's id.
    let begun = id(&first).replace('-', "").to_lowercase();
    assert!(
        first.text().starts_with(&format!("00-{begun}-")),
        "{}",
        first.text()
    );
    let found = wait_for(&sandbox, &id(&first), "audit /first");
    for line in ["page | page /first", "stock /first", "audit | audit /first"] {
        assert!(found.contains(line), "{line}: {found}");
    }
    assert!(!found.contains("/second"), "{found}");
    let of_stock = sandbox.run(&format!("logs stock --request-id {}", id(&second)));
    let of_stock = of_stock.code(0).stdout;
    assert!(of_stock.contains("stock /second"), "{of_stock}");
    assert!(
        !of_stock.contains("page") && !of_stock.contains("/first"),
        "{of_stock}"
    );
    // Whoever brings a trace finds all of it by that, and each call by its own id.
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let brought = ask(
        "/third",
        &[("traceparent", &format!("00-{trace}-b7ad6b7169203331-01"))],
    );
    assert!(brought.text().contains(trace), "{}", brought.text());
    for id in [trace, &id(&brought)] {
        let found = wait_for(&sandbox, id, "audit /third");
        assert!(
            found.contains("page /third") && !found.contains("/first"),
            "{found}"
        );
    }
}

const TRACED: &str = "\
edition: 3.0.0
name: orders
access: local
resources:
  order:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: order
      runtime: python3.10
      handler: index.handler
      code: ./order
      environmentVariables: {STOCK: '${resources.stock.output.url.system_url}'}
      tracingConfig: {type: Jaeger, params: {endpoint: http://127.0.0.1:14268/api/traces}}
  stock:
    component: function
    props:
      runtime: nodejs20
      code: ./stock
      url: true
";

const ORDER: &str = "\
import os
import urllib.request

def handler(event, context):
    traced = context.tracing
    passed_on = {'x-fc-tracing-opentracing-span-context': traced.span_context}
    with urllib.request.urlopen(urllib.request.Request(os.environ['STOCK'], headers=passed_on)) as answer:
        return '%s %s %s' % (traced.jaeger_endpoint, traced.span_context, answer.read().decode())
";

#[test]
fn a_handler_that_is_invoked_learns_its_trace_when_its_function_is_traced() {
    let sandbox = Sandbox::new().with_cloud();
    let stock = "exports.handler = async (event, { tracing }) => {
  console.log('counted');
  return 'after ' + tracing.openTracingSpanContext + tracing.jaegerEndpoint;
};";
    sandbox
        .file("s.yaml", TRACED)
        .file("order/index.py", ORDER)
        .file("stock/index.js", stock);
    let deployed = sandbox.run("deploy -y").code(0);
    assert!(!deployed.stderr.contains("SD0141"), "{}", deployed.stderr);
    let called = sandbox.run("invoke order --json").code(0);
    let called = called.object("invocation");
    let id = called["request_id"].as_str().unwrap();
    let trace = id.replace('-', "").to_lowercase();
    let span = format!("{trace}:{}:0:1", &trace[..16]);
    assert_eq!(
        called["payload"],
        format!("http://127.0.0.1:14268/api/traces {span} after ")
    );
    let found = wait_for(&sandbox, id, "counted");
    assert!(found.contains("stock"), "{found}");
}

/// What is found by an id once this is among it.
fn wait_for(sandbox: &Sandbox, id: &str, text: &str) -> String {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let found = sandbox
            .run(&format!("logs --request-id {id}"))
            .code(0)
            .stdout;
        if found.contains(text) {
            return found;
        }
        assert!(Instant::now() < end, "{found}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
