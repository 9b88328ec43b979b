"""Judges the local cloud's Function Compute 3.0 with the vendor's unmodified SDK (alibabacloud-fc20230330 4.8.3).

Needs SDEV_LOCAL_URL, ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET. Replies are compared whole, as the
SDK's models read them: a field of a wrong type makes the SDK return no body at all. Prints `N passed, N failed`; the exit
code says whether all passed.
"""

import base64
import io
import json
import os
import sys
import time
import traceback
import urllib.error
import urllib.request
import uuid
import zipfile
from urllib.parse import urlsplit

from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions

from verdict import Text, check, equal, failed, passed

URL = os.environ["SDEV_LOCAL_URL"].rstrip("/")
KEY = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
REGION = os.environ.get("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")
RUN = uuid.uuid4().hex[:8]
NAME = f"judge-{RUN}"

CODE = """
import json

def handler(event, context):
    text = event.decode()
    print("said", text)
    if text == "raise":
        raise ValueError("as asked")
    if text == "leave":
        import os
        os._exit(3)
    return json.dumps({"event": text, "id": context.request_id, "name": context.function.name})
"""
CHANGED = """
def handler(event, context):
    return "changed"
"""


TIME = Text(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
UUID = Text(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ACCOUNT = Text(r"\d+")


def arn(name, qualifier=None):
    """Equals the ARN of a function, whatever the account."""
    ending = f"/{qualifier}" if qualifier else ""
    return Text(f"acs:fc:{REGION}:\\d+:functions/{name}{ending}")


def same(name, answer, expected, status=200):
    """Compares the whole body of an answer, as the SDK's models read it, and its status."""
    body = answer.body.to_map() if answer.body is not None else None
    equal(name, (answer.status_code, body), (status, expected))
    check(f"{name}: request id", bool(answer.headers.get("x-fc-request-id")), answer.headers)


def fails(name, code, status, call):
    """Expects the SDK to raise an error with the vendor's code."""
    try:
        answer = call()
    except Exception as error:  # noqa: BLE001 - the SDK has several error classes
        seen = (getattr(error, "code", None), getattr(error, "status_code", getattr(error, "statusCode", None)))
        equal(name, seen, (code, status))
        return
    check(name, False, answer)


def client(key=KEY, secret=SECRET):
    """The vendor's client, pointed at the local cloud."""
    return Client(Config(access_key_id=key, access_key_secret=secret, endpoint=urlsplit(URL).netloc, protocol="HTTP",
                         region_id=REGION, read_timeout=60_000))


def archive(text):
    """A zip archive of one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("index.py"), text)
    return packed.getvalue()


def crc64(data):
    """CRC-64 of ECMA-182 as the object storage and Function Compute count it."""
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xC96C5795D7870F42 if crc & 1 else 0)
    return str(crc ^ 0xFFFFFFFFFFFFFFFF)


def code(text):
    """Code as a call carries it."""
    return models.InputCodeLocation(zip_file=base64.b64encode(archive(text)).decode())


def made(fc, name, **more):
    """Makes a function with Python code."""
    wanted = {"runtime": "python3.10", "handler": "index.handler", "code": code(CODE), "timeout": 20, **more}
    return fc.create_function(models.CreateFunctionRequest(body=models.CreateFunctionInput(function_name=name, **wanted)))


def shown(name, text=CODE, **more):
    """What a function made by `made` looks like in a reply."""
    packed = archive(text)
    return {
        "functionName": name, "functionId": UUID, "functionArn": arn(name), "runtime": "python3.10",
        "handler": "index.handler", "description": "", "timeout": 20, "memorySize": 512, "diskSize": 512, "cpu": 0.35,
        "instanceConcurrency": 1, "internetAccess": True, "environmentVariables": {}, "layers": [], "tags": [],
        "codeChecksum": crc64(packed), "codeSize": len(packed), "createdTime": TIME, "lastModifiedTime": TIME,
        "state": "Active", "lastUpdateStatus": "Successful", "invocationRestriction": {"disable": False}, **more,
    }


def judge_functions(fc):
    """Functions made, shown, changed, listed in pages, deleted; their code."""
    full = {
        "description": "für alle", "memory_size": 1024, "cpu": 0.5, "disk_size": 512, "instance_concurrency": 3,
        "environment_variables": {"A": "1", "B": "ü & b"}, "role": "acs:ram::123:role/none",
        "tags": [models.Tag(key="team", value="a")],
        "log_config": models.LogConfig(project="p", logstore="l", enable_request_metrics=True),
        "vpc_config": models.VPCConfig(vpc_id="vpc-1", v_switch_ids=["vsw-1"], security_group_id="sg-1"),
        "instance_lifecycle_config": models.InstanceLifecycleConfig(
            pre_stop=models.LifecycleHook(handler="index.stop", timeout=5)),
    }
    expected = shown(NAME, **{
        "description": "für alle", "memorySize": 1024, "cpu": 0.5, "instanceConcurrency": 3,
        "environmentVariables": {"A": "1", "B": "ü & b"}, "role": "acs:ram::123:role/none",
        "tags": [{"Key": "team", "Value": "a"}],
        "logConfig": {"project": "p", "logstore": "l", "enableRequestMetrics": True},
        "vpcConfig": {"vpcId": "vpc-1", "vSwitchIds": ["vsw-1"], "securityGroupId": "sg-1"},
        "instanceLifecycleConfig": {"preStop": {"handler": "index.stop", "timeout": 5}},
    })
    same("create", made(fc, NAME, **full), expected)
    same("get", fc.get_function(NAME, models.GetFunctionRequest()), expected)
    fails("create: twice", "FunctionAlreadyExists", 409, lambda: made(fc, NAME))
    fails("create: name", "InvalidArgument", 400, lambda: made(fc, "1st"))
    fails("create: runtime", "InvalidArgument", 400, lambda: made(fc, f"{NAME}-x", runtime="cobol"))
    fails("create: memory", "InvalidArgument", 400, lambda: made(fc, f"{NAME}-x", memory_size=100))
    fails("create: handler", "InvalidArgument", 400, lambda: made(fc, f"{NAME}-x", handler=""))
    wrong = models.InputCodeLocation(zip_file=code(CODE).zip_file, checksum="1")
    fails("create: checksum", "InvalidArgument", 400, lambda: made(fc, f"{NAME}-x", code=wrong))
    absent = models.InputCodeLocation(oss_bucket_name=f"no-{RUN}", oss_object_name="code.zip")
    fails("create: absent object", "InvalidArgument", 400, lambda: made(fc, f"{NAME}-x", code=absent))

    where = fc.get_function_code(NAME, models.GetFunctionCodeRequest())
    same("code", where, {"url": Text(r"http://.+"), "checksum": crc64(archive(CODE))})
    with urllib.request.urlopen(where.body.url) as answer:
        equal("code: downloaded", answer.read(), archive(CODE))
    try:
        urllib.request.urlopen(where.body.url[:-1] + ("0" if where.body.url[-1] != "0" else "1")).close()
        check("code: forged address", False)
    except urllib.error.HTTPError as error:
        equal("code: forged address", error.code, 403)

    update = models.UpdateFunctionInput(timeout=30, code=code(CHANGED), environment_variables={"B": "2"})
    changed = fc.update_function(NAME, models.UpdateFunctionRequest(body=update))
    expected |= {"timeout": 30, "environmentVariables": {"B": "2"}, "codeChecksum": crc64(archive(CHANGED)),
                 "codeSize": len(archive(CHANGED))}
    same("update", changed, expected)
    same("update: kept", fc.get_function(NAME, models.GetFunctionRequest()), expected)
    bad = models.UpdateFunctionRequest(body=models.UpdateFunctionInput(timeout=0))
    fails("update: value", "InvalidArgument", 400, lambda: fc.update_function(NAME, bad))

    names = [f"{NAME}-{letter}" for letter in "abc"]
    for name in names:
        made(fc, name)
    request = models.ListFunctionsRequest(prefix=f"{NAME}-", limit=2)
    first = fc.list_functions(request)
    same("list: page", first, {"functions": [shown(name) for name in names[:2]], "nextToken": Text(".+")})
    request = models.ListFunctionsRequest(prefix=f"{NAME}-", limit=2, next_token=first.body.next_token)
    same("list: last page", fc.list_functions(request), {"functions": [shown(names[2])]})
    request = models.ListFunctionsRequest(prefix=NAME, runtime="nodejs20")
    same("list: runtime", fc.list_functions(request), {"functions": []})
    for name in names:
        equal("delete", fc.delete_function(name).status_code, 204)
    gone = f"{NAME}-a"
    for word, call in {
        "get": lambda: fc.get_function(gone, models.GetFunctionRequest()),
        "update": lambda: fc.update_function(gone, models.UpdateFunctionRequest(body=models.UpdateFunctionInput())),
        "delete": lambda: fc.delete_function(gone),
        "code": lambda: fc.get_function_code(gone, models.GetFunctionCodeRequest()),
        "invoke": lambda: invoke(fc, b"", gone),
    }.items():
        fails(f"{word}: gone", "FunctionNotFound", 404, call)
    fc.delete_function(NAME)


def invoke(fc, event, name=NAME, **headers):
    """Invokes a function: the headers and the body of the answer."""
    request = models.InvokeFunctionRequest(body=io.BytesIO(event))
    answer = fc.invoke_function_with_options(name, request, models.InvokeFunctionHeaders(**headers), RuntimeOptions())
    check("invoke: status", answer.status_code == 200, answer.status_code)
    body = answer.body.read() if hasattr(answer.body, "read") else answer.body
    return answer.headers, body


def judge_invocations(fc):
    """Calls: the event arrives, the log comes back, errors are told apart, new code runs."""
    made(fc, NAME)
    headers, body = invoke(fc, "hällo".encode(), x_fc_log_type="Tail")
    id = headers.get("x-fc-request-id")
    equal("invoke: answer", json.loads(body), {"event": "hällo", "id": id, "name": NAME})
    log = base64.b64decode(headers.get("x-fc-log-result", "")).decode()
    check("invoke: log", "said hällo" in log and id in log, log)
    check("invoke: no error", "x-fc-error-type" not in headers, headers)
    for name, pattern in [("x-fc-instance-id", ".+"), ("x-fc-invocation-duration", r"[\d.]+"),
                          ("x-fc-max-memory-usage", r"[\d.]+"), ("x-fc-code-checksum", crc64(archive(CODE)))]:
        equal(f"invoke: {name}", headers.get(name), Text(pattern))
    check("invoke: no log", "x-fc-log-result" not in invoke(fc, b"")[0])

    seen = fc.list_instances(NAME, models.ListInstancesRequest()).body.to_map()
    own = {"instanceId": headers["x-fc-instance-id"], "versionId": "LATEST", "qualifier": "LATEST", "status": "Running"}
    instance = (seen.get("instances") or [{}])[0]
    equal("instances", {key: instance.get(key) for key in own}, own)
    check("instances: time", abs(instance.get("createdTimeMs", 0) / 1000 - time.time()) < 600, instance)
    fails("instances: gone", "FunctionNotFound", 404, lambda: fc.list_instances("gone", models.ListInstancesRequest()))

    headers, body = invoke(fc, b"raise", x_fc_log_type="Tail")
    equal("raise: type", headers.get("x-fc-error-type"), "UnhandledInvocationError")
    error = json.loads(body)
    equal("raise: words", (error["errorMessage"], error["errorType"]), ("as asked", "ValueError"))
    check("raise: trace", any("handler" in str(line) for line in error["stackTrace"]), error)
    log = base64.b64decode(headers["x-fc-log-result"]).decode()
    check("raise: log", "said raise" in log, log)
    headers, body = invoke(fc, b"leave")
    equal("leave: type", headers.get("x-fc-error-type"), "UnhandledInvocationError")
    check("leave: words", "errorMessage" in json.loads(body), body)

    switched = fc.disable_function_invocation(NAME, models.DisableFunctionInvocationRequest(reason="rest"))
    same("disable", switched, {"success": True})
    restriction = fc.get_function(NAME, models.GetFunctionRequest()).body.invocation_restriction.to_map()
    equal("disable: shown", restriction, {"disable": True, "reason": "rest", "lastModifiedTime": TIME})
    try:
        invoke(fc, b"")
        check("disable: refused", False)
    except Exception as refusal:  # noqa: BLE001
        check("disable: refused", 400 <= (getattr(refusal, "status_code", 0) or 0) < 500, refusal)
    same("enable", fc.enable_function_invocation(NAME), {"success": True})
    equal("enable: runs", json.loads(invoke(fc, b"again")[1])["event"], "again")

    update = models.UpdateFunctionInput(code=code(CHANGED))
    fc.update_function(NAME, models.UpdateFunctionRequest(body=update))
    equal("new code runs", invoke(fc, b"")[1], b"changed")
    fc.delete_function(NAME)


def judge_versions(fc):
    """Versions published, listed, run and deleted; aliases that lead to them, moved, weighted, deleted."""
    made(fc, NAME)

    def publish(words):
        return fc.publish_function_version(NAME, models.PublishFunctionVersionRequest(body=models.PublishVersionInput(description=words)))

    def run(qualifier):
        request = models.InvokeFunctionRequest(body=io.BytesIO(b"x"), qualifier=qualifier)
        body = fc.invoke_function_with_options(NAME, request, models.InvokeFunctionHeaders(), RuntimeOptions()).body
        return body.read() if hasattr(body, "read") else body

    def version(number, words):
        return {"versionId": number, "description": words, "createdTime": TIME, "lastModifiedTime": TIME}

    same("version: publish", publish("one"), version("1", "one"))
    update = models.UpdateFunctionInput(code=code(CHANGED))
    fc.update_function(NAME, models.UpdateFunctionRequest(body=update))
    same("version: next", publish("two"), version("2", "two"))
    equal("version: runs what it was", json.loads(run("1"))["event"], "x")
    equal("version: runs the newer", run("2"), b"changed")
    checksum = fc.get_function(NAME, models.GetFunctionRequest(qualifier="1")).body.code_checksum
    equal("version: code", checksum, crc64(archive(CODE)))
    whole = {"versions": [version("2", "two"), version("1", "one")], "direction": "BACKWARD"}
    same("version: list", fc.list_function_versions(NAME, models.ListFunctionVersionsRequest()), whole)
    page = models.ListFunctionVersionsRequest(direction="FORWARD", limit=1)
    same("version: page", fc.list_function_versions(NAME, page),
         {"versions": [version("1", "one")], "direction": "FORWARD", "nextToken": "2"})
    page = models.ListFunctionVersionsRequest(direction="FORWARD", limit=1, next_token="2")
    same("version: last page", fc.list_function_versions(NAME, page), {"versions": [version("2", "two")], "direction": "FORWARD"})
    fails("version: gone", "VersionNotFound", 404, lambda: run("7"))

    def alias(number, weights=None, words=""):
        return {"aliasName": "prod", "versionId": number, "additionalVersionWeight": weights or {}, "description": words,
                "createdTime": TIME, "lastModifiedTime": TIME}

    new = models.CreateAliasRequest(body=models.CreateAliasInput(alias_name="prod", version_id="1", description="live"))
    same("alias: create", fc.create_alias(NAME, new), alias("1", words="live"))
    fails("alias: twice", "AliasAlreadyExists", 409, lambda: fc.create_alias(NAME, new))
    equal("alias: runs", json.loads(run("prod"))["event"], "x")
    moved = models.UpdateAliasInput(version_id="2", additional_version_weight={"1": 0.5})
    same("alias: update", fc.update_alias(NAME, "prod", models.UpdateAliasRequest(body=moved)), alias("2", {"1": 0.5}, "live"))
    said = [run("prod") == b"changed" for _ in range(20)]
    check("alias: weights", 8 <= sum(said) <= 12, said)
    same("alias: get", fc.get_alias(NAME, "prod"), alias("2", {"1": 0.5}, "live"))
    same("alias: list", fc.list_aliases(NAME, models.ListAliasesRequest()), {"aliases": [alias("2", {"1": 0.5}, "live")]})
    absent = models.UpdateAliasRequest(body=models.UpdateAliasInput(version_id="7"))
    fails("alias: no version", "VersionNotFound", 404, lambda: fc.update_alias(NAME, "prod", absent))
    equal("alias: delete", fc.delete_alias(NAME, "prod").status_code, 204)
    fails("alias: gone", "AliasNotFound", 404, lambda: fc.get_alias(NAME, "prod"))
    equal("version: delete", fc.delete_function_version(NAME, "1").status_code, 204)
    fails("version: deleted", "VersionNotFound", 404, lambda: fc.delete_function_version(NAME, "1"))
    fc.delete_function(NAME)


def judge_layers(fc):
    """Layers published, shown, listed, given to a function, opened to others, deleted."""
    layer = f"layer-{RUN}"
    number = lambda n: f"acs:fc:{REGION}:{ACCOUNT.pattern}:layers/{layer}/versions/{n}"

    def publish(text, **more):
        body = models.CreateLayerVersionInput(code=code(text), compatible_runtime=["python3.10"], **more)
        return fc.create_layer_version(layer, models.CreateLayerVersionRequest(body=body))

    def version(n, text, **more):
        packed = archive(text)
        return {"layerName": layer, "version": n, "layerVersionArn": Text(number(n)), "compatibleRuntime": ["python3.10"],
                "code": {"location": Text(r"http://.*"), "repositoryType": "OSS"}, "codeChecksum": crc64(packed),
                "codeSize": len(packed), "createTime": TIME, "acl": "0", "description": "", "license": "", **more}

    first = publish("A = 1", description="one", license="MIT")
    one, two = version(1, "A = 1", description="one", license="MIT"), version(2, "A = 2")
    same("layer: publish", first, one)
    same("layer: next", publish("A = 2"), two)
    same("layer: get", fc.get_layer_version(layer, "1"), one)
    same("layer: get by ARN", fc.get_layer_version_by_arn(first.body.layer_version_arn), one)
    with urllib.request.urlopen(first.body.code.location) as got:
        equal("layer: fetch", got.read(), archive("A = 1"))
    page = models.ListLayerVersionsRequest(limit=1, start_version="1")
    same("layer: versions", fc.list_layer_versions(layer, page), {"layers": [one], "nextVersion": 2})
    page.start_version = "2"
    same("layer: last versions", fc.list_layer_versions(layer, page), {"layers": [two]})
    mine = models.ListLayersRequest(prefix=layer)
    same("layer: list", fc.list_layers(mine), {"layers": [two]})
    mine.public = "true"
    same("layer: none is public", fc.list_layers(mine), {"layers": []})
    equal("layer: acl", fc.put_layer_acl(layer, models.PutLayerACLRequest(acl="1")).status_code, 204)
    same("layer: public", fc.list_layers(mine), {"layers": [{**two, "acl": "1"}]})

    named = [first.body.layer_version_arn]
    equal("layer: of a function", made(fc, NAME, layers=named).body.to_map()["layers"],
          [{"arn": named[0], "size": len(archive("A = 1"))}])
    update = lambda **more: fc.update_function(NAME, models.UpdateFunctionRequest(body=models.UpdateFunctionInput(**more)))
    official = f"acs:fc:{REGION}:official:layers/Python310/versions/1"
    equal("layer: official", update(layers=[official]).body.to_map()["layers"], [{"arn": official, "size": 0}])
    update(layers=named)
    fails("layer: other runtime", "InvalidArgument", 400, lambda: update(runtime="python3.12"))
    fails("layer: no version", "LayerVersionNotFound", 404, lambda: update(layers=[named[0][:-1] + "9"]))
    equal("layer: delete", fc.delete_layer_version(layer, "1").status_code, 204)
    equal("layer: kept", fc.get_function(NAME, models.GetFunctionRequest()).body.layers[0].arn, named[0])
    fails("layer: gone", "LayerVersionNotFound", 404, lambda: fc.get_layer_version(layer, "1"))
    fc.delete_layer_version(layer, "2")
    fails("layer: all gone", "LayerNotFound", 404, lambda: fc.list_layer_versions(layer, page))
    equal("layer: number not given again", publish("A = 3").body.version, 3)
    fc.delete_layer_version(layer, "3")
    fc.delete_function(NAME)


def judge_tasks(fc):
    """Asynchronous calls as tasks: named, followed to their ends, listed, stopped."""
    made(fc, NAME)

    def send(event, task):
        headers = models.InvokeFunctionHeaders(x_fc_invocation_type="Async", x_fc_async_task_id=task)
        request = models.InvokeFunctionRequest(body=io.BytesIO(event))
        return fc.invoke_function_with_options(NAME, request, headers, RuntimeOptions())

    fails("task: not switched on", "InvalidArgument", 400, lambda: send(b"x", "one"))
    config = models.PutAsyncInvokeConfigInput(async_task=True, max_async_retry_attempts=0)
    fc.put_async_invoke_config(NAME, models.PutAsyncInvokeConfigRequest(body=config))
    equal("task: accepted", send(b"x", "one").status_code, 202)
    fails("task: an id is given once", "StatefulAsyncInvocationAlreadyExists", 409, lambda: send(b"x", "one"))
    send(b"raise", "two")
    get = lambda id: fc.get_async_task(NAME, id, models.GetAsyncTaskRequest()).body
    wait("task: succeeds", lambda: get("one").status == "Succeeded")
    wait("task: fails", lambda: get("two").status == "Failed")
    one, two = get("one"), get("two")
    equal("task: events", [(event.event_id, event.status) for event in one.events],
          [(1, "Enqueued"), (2, "Running"), (3, "Succeeded")])
    equal("task: what was sent and said", (one.task_payload, json.loads(one.return_payload)["event"]), ("x", "x"))
    equal("task: id of the request", json.loads(one.return_payload)["id"], one.request_id)
    equal("task: why it failed", two.task_error_message, "UnhandledInvocationError")
    check("task: times", one.end_time >= one.started_time and one.duration_ms >= 0, one)
    listed = lambda **more: [task.task_id for task in fc.list_async_tasks(NAME, models.ListAsyncTasksRequest(**more)).body.tasks]
    equal("task: list", listed(sort_order_by_time="asc"), ["one", "two"])
    equal("task: list by status", listed(status="Failed"), ["two"])
    page = fc.list_async_tasks(NAME, models.ListAsyncTasksRequest(limit=1, include_payload=True, sort_order_by_time="asc")).body
    equal("task: page", [task.task_payload for task in page.tasks], ["x"])
    equal("task: next page", listed(limit=1, sort_order_by_time="asc", next_token=page.next_token), ["two"])
    stop = lambda id: fc.stop_async_task(NAME, id, models.StopAsyncTaskRequest())
    fails("task: cannot be stopped after its end", "InvalidArgument", 400, lambda: stop("one"))
    fails("task: stop none", "StatefulAsyncInvocationNotFound", 404, lambda: stop("three"))
    fails("task: get none", "StatefulAsyncInvocationNotFound", 404, lambda: get("three"))
    config.max_async_retry_attempts = 8
    fc.put_async_invoke_config(NAME, models.PutAsyncInvokeConfigRequest(body=config))
    send(b"raise", "four")
    wait("task: is tried again", lambda: get("four").already_retried_times >= 1)
    equal("task: stop", stop("four").status_code, 204)
    wait("task: stopped", lambda: get("four").status == "Stopped")
    fc.delete_function(NAME)


def judge_triggers(fc):
    """Triggers made, shown, changed, listed in pages, deleted."""
    made(fc, NAME)

    def create(name, kind, config, **more):
        wanted = models.CreateTriggerInput(trigger_name=name, trigger_type=kind, trigger_config=config, **more)
        return fc.create_trigger(NAME, models.CreateTriggerRequest(body=wanted))

    config = json.dumps({"authType": "anonymous", "methods": ["GET", "POST"]})
    address = Text(rf"http://.*{NAME}.*")
    web = {
        "triggerName": "web", "triggerId": UUID, "triggerType": "http", "qualifier": "LATEST", "status": "Enabled",
        "description": "", "invocationRole": "", "sourceArn": "", "targetArn": arn(NAME), "createdTime": TIME, "lastModifiedTime": TIME,
        "httpTrigger": {"urlInternet": address, "urlIntranet": address},
    }
    answer = create("web", "http", config, qualifier="LATEST")
    check("trigger: configuration", answer.body and json.loads(answer.body.trigger_config) == json.loads(config))
    kept = answer.body.trigger_config
    same("trigger", answer, {**web, "triggerConfig": kept})
    same("trigger: get", fc.get_trigger(NAME, "web"), {**web, "triggerConfig": kept})
    clock = json.dumps({"payload": "p", "cronExpression": "@every 4h", "enable": False})
    timer = create("tick", "timer", clock, description="often", invocation_role="acs:ram::1:role/r").body.to_map()
    expected = {**web, "triggerName": "tick", "triggerType": "timer", "description": "often",
                "invocationRole": "acs:ram::1:role/r", "triggerConfig": timer["triggerConfig"]}
    del expected["httpTrigger"]
    equal("timer", timer, expected)

    fails("trigger: twice", "TriggerAlreadyExists", 409, lambda: create("web", "timer", clock))
    fails("trigger: two addresses", "InvalidArgument", 400, lambda: create("other", "http", config))
    fails("trigger: configuration not JSON", "InvalidArgument", 400, lambda: create("odd", "timer", "{"))
    fails("trigger: no function", "FunctionNotFound", 404, lambda: fc.get_trigger("gone", "web"))
    fails("trigger: none", "TriggerNotFound", 404, lambda: fc.get_trigger(NAME, "gone"))

    change = models.UpdateTriggerInput(description="now", trigger_config=json.dumps({"authType": "function", "methods": ["PUT"]}))
    changed = fc.update_trigger(NAME, "web", models.UpdateTriggerRequest(body=change))
    equal("trigger: changed configuration", json.loads(changed.body.trigger_config), json.loads(change.trigger_config))
    same("trigger: changed", changed, {**web, "description": "now", "triggerConfig": changed.body.trigger_config})
    first = fc.list_triggers(NAME, models.ListTriggersRequest(limit=1))
    same("triggers: page", first, {"triggers": [expected], "nextToken": Text(".+")})
    rest = fc.list_triggers(NAME, models.ListTriggersRequest(limit=1, next_token=first.body.next_token))
    equal("triggers: last page", ([one.trigger_name for one in rest.body.triggers], rest.body.next_token), (["web"], None))
    equal("triggers: prefix", len(fc.list_triggers(NAME, models.ListTriggersRequest(prefix="ti")).body.triggers), 1)
    for name in ["web", "tick"]:
        equal("trigger: delete", fc.delete_trigger(NAME, name).status_code, 204)
    fails("trigger: deleted", "TriggerNotFound", 404, lambda: fc.delete_trigger(NAME, "web"))
    same("triggers: none", fc.list_triggers(NAME, models.ListTriggersRequest()), {"triggers": []})
    fc.delete_function(NAME)


def judge_domains(fc):
    """Custom domains made, shown, changed, listed in pages, deleted."""
    name = f"{RUN}.judge.test"
    rewrite = models.RewriteConfig(
        equal_rules=[models.EqualRule(match="/old", replacement="/new")],
        wildcard_rules=[models.WildcardRule(match="/img/*", replacement="/static/$1")],
        regex_rules=[models.RegexRule(match="^/u/(\\d+)$", replacement="/user?id=$1")])
    routes = models.RouteConfig(routes=[
        models.PathConfig(path="/a/*", function_name=NAME, qualifier="LATEST", methods=["GET", "HEAD"], rewrite_config=rewrite),
        models.PathConfig(path="/*", function_name=NAME)])
    cors = models.CORSConfig(allow_origins=["*"], allow_methods=["GET"], max_age=60, allow_credentials=False)
    wanted = models.CreateCustomDomainInput(
        domain_name=name, protocol="HTTP,HTTPS", route_config=routes,
        cert_config=models.CertConfig(cert_name="c", certificate="-----BEGIN CERTIFICATE-----", private_key="-----BEGIN PRIVATE KEY-----"),
        tls_config=models.TLSConfig(min_version="TLSv1.2", max_version="TLSv1.3", cipher_suites=["TLS_RSA_WITH_AES_128_CBC_SHA"]),
        auth_config=models.AuthConfig(auth_type="anonymous"), cors_config=cors,
        waf_config=models.WAFConfig(enable_waf=False))
    expected = {
        "domainName": name, "accountId": ACCOUNT, "apiVersion": Text(".+"), "protocol": "HTTP,HTTPS",
        "createdTime": TIME, "lastModifiedTime": TIME,
        "routeConfig": {"routes": [
            {"path": "/a/*", "functionName": NAME, "qualifier": "LATEST", "methods": ["GET", "HEAD"], "rewriteConfig": {
                "equalRules": [{"match": "/old", "replacement": "/new"}],
                "wildcardRules": [{"match": "/img/*", "replacement": "/static/$1"}],
                "regexRules": [{"match": "^/u/(\\d+)$", "replacement": "/user?id=$1"}]}},
            {"path": "/*", "functionName": NAME}]},
        "certConfig": {"certName": "c", "certificate": "-----BEGIN CERTIFICATE-----"},
        "tlsConfig": {"minVersion": "TLSv1.2", "maxVersion": "TLSv1.3", "cipherSuites": ["TLS_RSA_WITH_AES_128_CBC_SHA"]},
        "authConfig": {"authType": "anonymous"}, "wafConfig": {"enableWAF": False},
        "corsConfig": {"allowOrigins": ["*"], "allowMethods": ["GET"], "maxAge": 60, "allowCredentials": False},
    }
    same("domain", fc.create_custom_domain(models.CreateCustomDomainRequest(body=wanted)), expected)
    same("domain: get", fc.get_custom_domain(name), expected)
    fails("domain: twice", "DomainNameAlreadyExists", 409,
          lambda: fc.create_custom_domain(models.CreateCustomDomainRequest(body=wanted)))
    bad = models.CreateCustomDomainInput(domain_name="nodots", protocol="HTTP")
    fails("domain: name", "InvalidArgument", 400,
          lambda: fc.create_custom_domain(models.CreateCustomDomainRequest(body=bad)))
    change = models.UpdateCustomDomainInput(protocol="HTTP", route_config=models.RouteConfig(routes=[]))
    changed = fc.update_custom_domain(name, models.UpdateCustomDomainRequest(body=change))
    same("domain: changed", changed, {**expected, "protocol": "HTTP", "routeConfig": {"routes": []}})
    others = [f"{RUN}-{letter}.judge.test" for letter in "ab"]
    for other in others:
        fc.create_custom_domain(models.CreateCustomDomainRequest(
            body=models.CreateCustomDomainInput(domain_name=other, protocol="HTTP")))
    first = fc.list_custom_domains(models.ListCustomDomainsRequest(prefix=f"{RUN}-", limit=1)).body
    rest = fc.list_custom_domains(models.ListCustomDomainsRequest(prefix=f"{RUN}-", limit=1, next_token=first.next_token)).body
    equal("domains: pages", [[one.domain_name for one in page.custom_domains] for page in [first, rest]],
          [[others[0]], [others[1]]])
    equal("domains: end", rest.next_token, None)
    for one in [name, *others]:
        equal("domain: delete", fc.delete_custom_domain(one).status_code, 204)
    fails("domain: gone", "DomainNameNotFound", 404, lambda: fc.get_custom_domain(name))
    fails("domain: deleted", "DomainNameNotFound", 404, lambda: fc.delete_custom_domain(name))


def judge_tags(fc):
    """Tags set, listed by function and by tag, taken away."""
    own = made(fc, NAME).body.function_arn
    tags = [models.Tag(key="team", value="ü & b"), models.Tag(key="stage", value="")]
    wanted = models.TagResourcesInput(resource_id=[own], resource_type="function", tag=tags)
    equal("tags: set", fc.tag_resources(models.TagResourcesRequest(body=wanted)).status_code, 204)
    listed = fc.list_tag_resources(models.ListTagResourcesRequest(resource_id=[own], resource_type="function"))
    one = {"ResourceId": arn(NAME), "ResourceType": "function"}
    expected = [{**one, "TagKey": "stage", "TagValue": ""}, {**one, "TagKey": "team", "TagValue": "ü & b"}]
    equal("tags: listed", listed.body and [each.to_map() for each in listed.body.tag_resources], expected)
    check("tags: request id", bool(listed.body.request_id), listed.body)
    by_tag = models.ListTagResourcesRequest(resource_type="function", tag=[models.ListTagResourcesRequestTag(key="team", value="ü & b")]) \
        if hasattr(models, "ListTagResourcesRequestTag") else models.ListTagResourcesRequest(
            resource_type="function", tag=[models.Tag(key="team", value="ü & b")])
    found = fc.list_tag_resources(by_tag).body.tag_resources
    equal("tags: by tag", {each.resource_id for each in found}, {own})
    seen = fc.get_function(NAME, models.GetFunctionRequest()).body.tags
    equal("tags: at the function", [each.to_map() for each in seen],
          [{"Key": "stage", "Value": ""}, {"Key": "team", "Value": "ü & b"}])
    taken = models.UntagResourcesRequest(resource_id=[own], resource_type="function", tag_key=["stage"])
    equal("tags: taken", fc.untag_resources(taken).status_code, 204)
    left = fc.list_tag_resources(models.ListTagResourcesRequest(resource_id=[own], resource_type="function")).body
    equal("tags: left", [each.tag_key for each in left.tag_resources], ["team"])
    fc.untag_resources(models.UntagResourcesRequest(resource_id=[own], resource_type="function", all=True))
    left = fc.list_tag_resources(models.ListTagResourcesRequest(resource_id=[own], resource_type="function")).body
    equal("tags: none", left.tag_resources, [])
    absent = models.TagResourcesInput(resource_id=[own + "x"], resource_type="function", tag=tags)
    fails("tags: no function", "FunctionNotFound", 404, lambda: fc.tag_resources(models.TagResourcesRequest(body=absent)))
    fc.delete_function(NAME)


def judge_settings(fc):
    """Asynchronous calls, reserved, provisioned and kept instances, networks."""
    made(fc, NAME)
    latest = models.GetAsyncInvokeConfigRequest(qualifier="LATEST")
    asynchronous = models.PutAsyncInvokeConfigInput(
        max_async_retry_attempts=2, max_async_event_age_in_seconds=600, async_task=False,
        destination_config=models.DestinationConfig(on_failure=models.Destination(destination="acs:fc:::functions/other")))
    expected = {
        "functionArn": Text(rf"acs:fc:{REGION}:\d+:functions/{NAME}(/LATEST)?"), "createdTime": TIME, "lastModifiedTime": TIME,
        "maxAsyncRetryAttempts": 2, "maxAsyncEventAgeInSeconds": 600, "asyncTask": False,
        "destinationConfig": {"onFailure": {"destination": "acs:fc:::functions/other"}},
    }
    fails("async: none", "AsyncConfigNotExists", 404, lambda: fc.get_async_invoke_config(NAME, latest))
    put = models.PutAsyncInvokeConfigRequest(qualifier="LATEST", body=asynchronous)
    same("async: put", fc.put_async_invoke_config(NAME, put), expected)
    same("async: get", fc.get_async_invoke_config(NAME, latest), expected)
    same("async: list", fc.list_async_invoke_configs(models.ListAsyncInvokeConfigsRequest(function_name=NAME)),
         {"configs": [expected]})
    wrong = models.PutAsyncInvokeConfigRequest(body=models.PutAsyncInvokeConfigInput(max_async_retry_attempts=9))
    fails("async: bounds", "InvalidArgument", 400, lambda: fc.put_async_invoke_config(NAME, wrong))
    gone = models.PutAsyncInvokeConfigRequest(body=models.PutAsyncInvokeConfigInput())
    fails("async: no function", "FunctionNotFound", 404, lambda: fc.put_async_invoke_config("gone", gone))
    deleted = fc.delete_async_invoke_config(NAME, models.DeleteAsyncInvokeConfigRequest(qualifier="LATEST"))
    equal("async: delete", deleted.status_code, 204)
    fails("async: deleted", "AsyncConfigNotExists", 404, lambda: fc.get_async_invoke_config(NAME, latest))

    expected = {"functionArn": arn(NAME), "reservedConcurrency": 3}
    put = models.PutConcurrencyConfigRequest(body=models.PutConcurrencyInput(reserved_concurrency=3))
    same("concurrency: put", fc.put_concurrency_config(NAME, put), expected)
    same("concurrency: get", fc.get_concurrency_config(NAME), expected)
    same("concurrency: list", fc.list_concurrency_configs(models.ListConcurrencyConfigsRequest(function_name=NAME)),
         {"configs": [expected]})
    equal("concurrency: delete", fc.delete_concurrency_config(NAME).status_code, 204)
    fails("concurrency: deleted", "ConcurrencyConfigNotExists", 404, lambda: fc.get_concurrency_config(NAME))

    latest = models.GetProvisionConfigRequest(qualifier="LATEST")
    put = models.PutProvisionConfigRequest(qualifier="LATEST", body=models.PutProvisionConfigInput(default_target=1))
    expected = {"functionArn": Text(rf"acs:fc:{REGION}:\d+:functions/{NAME}(/LATEST)?"), "target": 1, "defaultTarget": 1,
                "current": 1, "currentError": "", "scheduledActions": [], "targetTrackingPolicies": []}
    answer = fc.put_provision_config(NAME, put)
    check("provision: put", answer.body is not None and answer.body.target == 1, answer)
    wait("provision: warm", lambda: fc.get_provision_config(NAME, latest).body.current == 1)
    same("provision: get", fc.get_provision_config(NAME, latest), expected)
    same("provision: list", fc.list_provision_configs(models.ListProvisionConfigsRequest(function_name=NAME)),
         {"provisionConfigs": [expected]})
    own = fc.list_instances(NAME, models.ListInstancesRequest()).body.instances
    equal("provision: an instance", len(own), 1)
    equal("provision: it answers", invoke(fc, b"")[0].get("x-fc-instance-id"), own[0].instance_id if own else None)
    deleted = fc.delete_provision_config(NAME, models.DeleteProvisionConfigRequest(qualifier="LATEST"))
    equal("provision: delete", deleted.status_code, 204)
    judge_rules(fc, expected["functionArn"])

    latest = models.GetScalingConfigRequest(qualifier="LATEST")
    put = models.PutScalingConfigRequest(qualifier="LATEST", body=models.PutScalingConfigInput(
        min_instances=1, enable_on_demand_scaling=True))
    answer = fc.put_scaling_config(NAME, put)
    check("scaling: put", answer.body is not None and answer.body.min_instances == 1, answer)
    wait("scaling: warm", lambda: fc.get_scaling_config(NAME, latest).body.current_instances == 1)
    expected = {"functionArn": expected["functionArn"], "minInstances": 1, "enableOnDemandScaling": True,
                "targetInstances": 1, "currentInstances": 1, "currentError": "", "horizontalScalingPolicies": [],
                "scheduledPolicies": []}
    same("scaling: get", fc.get_scaling_config(NAME, latest), expected)
    same("scaling: list", fc.list_scaling_configs(models.ListScalingConfigsRequest(function_name=NAME)),
         {"scalingConfigs": [expected]})
    deleted = fc.delete_scaling_config(NAME, models.DeleteScalingConfigRequest(qualifier="LATEST"))
    equal("scaling: delete", deleted.status_code, 204)

    bind = models.CreateVpcBindingRequest(body=models.CreateVpcBindingInput(vpc_id="vpc-1"))
    check("networks: bind", fc.create_vpc_binding(NAME, bind).status_code in (200, 204))
    same("networks: list", fc.list_vpc_bindings(NAME), {"vpcIds": ["vpc-1"]})
    equal("networks: unbind", fc.delete_vpc_binding(NAME, "vpc-1").status_code, 204)
    same("networks: none", fc.list_vpc_bindings(NAME), {"vpcIds": []})
    fc.delete_function(NAME)


def judge_rules(fc, function_arn):
    """Rules by time and by use, in both forms: put, in effect, read back."""
    span = {"start_time": "2020-01-01T00:00:00", "end_time": "2120-01-01T00:00:00", "time_zone": "Asia/Shanghai"}
    shown_span = {"startTime": span["start_time"], "endTime": span["end_time"], "timeZone": span["time_zone"]}
    past, never = "at(2020-01-02T10:10:10)", "at(2119-01-02T10:10:10)"
    metric = "ProvisionedConcurrencyUtilization"

    latest = models.GetProvisionConfigRequest(qualifier="LATEST")
    put = models.PutProvisionConfigRequest(qualifier="LATEST", body=models.PutProvisionConfigInput(
        default_target=0,
        scheduled_actions=[models.ScheduledAction(name="past", target=2, schedule_expression=past, **span),
                           models.ScheduledAction(name="never", target=9, schedule_expression=never, **span)],
        target_tracking_policies=[models.TargetTrackingPolicy(
            name="use", metric_type=metric, metric_target=0.6, min_capacity=1, max_capacity=4, **span)]))
    expected = {
        "functionArn": function_arn, "target": 2, "defaultTarget": 0, "current": 2, "currentError": "",
        "scheduledActions": [{"name": "past", "target": 2, "scheduleExpression": past, **shown_span},
                             {"name": "never", "target": 9, "scheduleExpression": never, **shown_span}],
        "targetTrackingPolicies": [{"name": "use", "metricType": metric, "metricTarget": 0.6, "minCapacity": 1,
                                    "maxCapacity": 4, **shown_span}],
    }
    answer = fc.put_provision_config(NAME, put)
    check("rules: put", answer.body is not None and answer.body.target == 2, answer)
    wait("rules: warm", lambda: fc.get_provision_config(NAME, latest).body.current == 2)
    same("rules: get", fc.get_provision_config(NAME, latest), expected)
    wrong = models.PutProvisionConfigRequest(qualifier="LATEST", body=models.PutProvisionConfigInput(
        default_target=0, scheduled_actions=[models.ScheduledAction(name="x", target=2, schedule_expression="0 0 8 * * *")]))
    fails("rules: neither cron nor at", "InvalidArgument", 400, lambda: fc.put_provision_config(NAME, wrong))
    same("rules: get, unchanged", fc.get_provision_config(NAME, latest), expected)
    fc.delete_provision_config(NAME, models.DeleteProvisionConfigRequest(qualifier="LATEST"))

    latest = models.GetScalingConfigRequest(qualifier="LATEST")
    cron = "cron(0 0 20 * * *)"
    put = models.PutScalingConfigRequest(qualifier="LATEST", body=models.PutScalingConfigInput(
        min_instances=0,
        scheduled_policies=[models.ScheduledPolicy(name="daily", target=2, schedule_expression=cron, **span)],
        horizontal_scaling_policies=[models.ScalingPolicy(
            name="use", metric_type=metric, metric_target=0.6, min_instances=1, max_instances=4, **span)]))
    expected = {
        "functionArn": function_arn, "minInstances": 0, "targetInstances": 2, "currentInstances": 2, "currentError": "",
        "scheduledPolicies": [{"name": "daily", "target": 2, "scheduleExpression": cron, **shown_span}],
        "horizontalScalingPolicies": [{"name": "use", "metricType": metric, "metricTarget": 0.6, "minInstances": 1,
                                       "maxInstances": 4, **shown_span}],
    }
    answer = fc.put_scaling_config(NAME, put)
    check("rules: put, newer form", answer.body is not None and answer.body.target_instances == 2, answer)
    wait("rules: warm, newer form", lambda: fc.get_scaling_config(NAME, latest).body.current_instances == 2)
    same("rules: get, newer form", fc.get_scaling_config(NAME, latest), expected)
    fc.delete_scaling_config(NAME, models.DeleteScalingConfigRequest(qualifier="LATEST"))


def wait(name, true):
    """Waits for a condition, a quarter of a minute at most."""
    deadline = time.monotonic() + 15
    while not true():
        if time.monotonic() > deadline:
            check(name, False)
            return
        time.sleep(0.02)
    check(name, True)


def judge_keys(fc):
    """Wrong keys."""
    fails("keys: unknown id", "InvalidAccessKeyId.NotFound", 403,
          lambda: client(key="nobody").list_functions(models.ListFunctionsRequest()))
    fails("keys: wrong secret", "SignatureDoesNotMatch", 403,
          lambda: client(secret="wrong").list_functions(models.ListFunctionsRequest()))
    fails("operations: not served", "NotImplemented", 501, lambda: fc.list_snapshots(models.ListSnapshotsRequest()))


def main():
    """Runs every judgement; one that breaks counts as failed and stops none of the others."""
    fc = client()
    for judgement in [judge_functions, judge_invocations, judge_versions, judge_layers, judge_tasks, judge_triggers, judge_domains, judge_tags, judge_settings,
                      judge_keys]:
        try:
            judgement(fc)
        except Exception:  # noqa: BLE001
            traceback.print_exc()
            failed.append(judgement.__name__)
        try:
            fc.delete_function(NAME)
        except Exception:  # noqa: BLE001 - it is gone already
            pass
    print(f"{len(passed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
