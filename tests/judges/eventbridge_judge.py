"""Judges the local cloud's EventBridge with the vendor's unmodified SDK (alibabacloud-eventbridge20200401 8.7.0).

Needs SDEV_LOCAL_URL and the ALIBABA_CLOUD_* variables. What rules deliver is read with the vendor's SDK for MNS. Prints
`N passed, N failed`; the exit code says whether all passed.
"""

import http.server
import json
import os
import queue as mailbox
import sys
import threading
import traceback
import uuid

from alibabacloud_eventbridge20200401 import models
from alibabacloud_eventbridge20200401.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import QueueMeta
from mns.topic import TopicMeta

from verdict import Text, check, equal, failed, passed

URL = os.environ["SDEV_LOCAL_URL"].rstrip("/")
KEY = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
ACCOUNT = os.environ["ALIBABA_CLOUD_ACCOUNT_ID"]
REGION = os.environ.get("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")
RUN = f"judge-{uuid.uuid4().hex[:8]}"
TRACE = Text(r"[0-9A-F-]{36}")
TIME = Text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def client(secret=SECRET):
    """The SDK, pointed at the local cloud."""
    config = Config(
        access_key_id=KEY, access_key_secret=secret, endpoint=URL.removeprefix("http://"), protocol="HTTP"
    )
    return Client(config)


def done(name, answer):
    """The data of a reply that says that all is well."""
    body = answer.body
    equal(f"{name}: its code", (body.code, body.success), ("Success", True))
    check(f"{name}: a request id", bool(body.request_id), body.request_id)
    data = getattr(body, "data", None)
    return data.to_map() if hasattr(data, "to_map") else data


def refused(name, code, answer):
    """Expects a refusal in the body of a reply."""
    body = answer.body
    equal(name, (body.code, body.success), (code, False))
    check(f"{name}: words", bool(body.message), body.message)


def buses(eb):
    """Buses: made, shown, changed, listed, deleted."""
    name, arn = f"{RUN}-bus", f"acs:eventbridge:{REGION}:{ACCOUNT}:eventbus/{RUN}-bus"
    request = models.CreateEventBusRequest(event_bus_name=name, description="d")
    equal("a new bus", done("a new bus", eb.create_event_bus(request)), {"EventBusARN": arn})
    refused("a bus again", "EventBusAlreadyExist", eb.create_event_bus(request))
    shown = done("a bus", eb.get_event_bus(models.GetEventBusRequest(event_bus_name=name)))
    check("a bus: its age", shown.pop("CreateTimestamp") > 0, shown)
    equal("a bus", shown, {"Description": "d", "EventBusARN": arn, "EventBusName": name})
    done("a change", eb.update_event_bus(models.UpdateEventBusRequest(event_bus_name=name, description="e")))
    listed = done("buses", eb.list_event_buses(models.ListEventBusesRequest(name_prefix=RUN)))
    equal("buses", [(bus["EventBusName"], bus["Description"]) for bus in listed["EventBuses"]], [(name, "e")])
    equal("buses: how many", (listed["Total"], listed["NextToken"]), (1, ""))
    page = done("a page", eb.list_event_buses(models.ListEventBusesRequest(limit=1)))
    equal("a page", [bus["EventBusName"] for bus in page["EventBuses"]], ["default"])
    rest = done("the rest", eb.list_event_buses(models.ListEventBusesRequest(next_token=page["NextToken"])))
    equal("the rest", [bus["EventBusName"] for bus in rest["EventBuses"]], [name])
    delete = models.DeleteEventBusRequest(event_bus_name=name)
    equal("a bus is deleted", done("a bus is deleted", eb.delete_event_bus(delete)), True)
    equal("a bus is deleted again", done("a bus is deleted again", eb.delete_event_bus(delete)), False)
    gone = eb.get_event_bus(models.GetEventBusRequest(event_bus_name=name))
    refused("a bus that is gone", "EventBusNotExist", gone)


def target(id, kind, endpoint, *params, **more):
    """A target of a new rule."""
    params = [models.CreateRuleRequestEventTargetsParamList(**param) for param in params]
    return models.CreateRuleRequestEventTargets(id=id, type=kind, endpoint=endpoint, param_list=params, **more)


def rules(eb):
    """Rules and targets: made, shown, changed, switched, deleted."""
    bus, name = "default", f"{RUN}-rule"
    queue = f"acs:mns:{REGION}:{ACCOUNT}:queues/nowhere"
    body = {"resource_key": "Body", "form": "JSONPATH", "value": "$.data"}
    request = models.CreateRuleRequest(
        event_bus_name=bus, rule_name=name, filter_pattern='{"source":["none"]}',
        event_targets=[target("1", "acs.mns.queue", queue, body)],
    )
    arn = f"acs:eventbridge:{REGION}:{ACCOUNT}:eventbus/default/rule/{name}"
    equal("a new rule", done("a new rule", eb.create_rule(request)), {"RuleARN": arn})
    refused("a rule again", "EventRuleAlreadyExist", eb.create_rule(request))
    request.rule_name, request.filter_pattern = f"{RUN}-bad", '{"detail":["x"]}'
    refused("a pattern that is none", "InvalidArgument", eb.create_rule(request))
    get = models.GetRuleRequest(event_bus_name=bus, rule_name=name)
    shown = done("a rule", eb.get_rule(get))
    check("a rule: its age", shown.pop("CreatedTimestamp") > 0, shown)
    targets = shown.pop("Targets")
    equal("a rule", shown, {
        "Description": "", "EventBusName": bus, "FilterPattern": '{"source":["none"]}', "RuleARN": arn,
        "RuleName": name, "Status": "ENABLE",
    })
    equal("a rule: its target", targets, [{
        "Endpoint": queue, "ErrorsTolerance": "ALL", "Id": "1", "PushRetryStrategy": "BACKOFF_RETRY", "Type": "acs.mns.queue",
        "ParamList": [{"Form": "JSONPATH", "ResourceKey": "Body", "Value": "$.data"}],
    }])
    put = models.PutTargetsRequest(event_bus_name=bus, rule_name=name, targets=[
        models.PutTargetsRequestTargets(id="2", type="http", endpoint="http://127.0.0.1:9/", param_list=[]),
        models.PutTargetsRequestTargets(id="3", type="acs.dingtalk", endpoint="https://x", param_list=[]),
    ])
    said = done("targets", eb.put_targets(put))
    equal("targets: how many are refused", said["ErrorEntriesCount"], 1)
    equal("targets: which", [(one["EntryId"], one["ErrorCode"]) for one in said["ErrorEntries"]], [("3", "NotImplemented")])
    listed = done("all targets", eb.list_targets(models.ListTargetsRequest(event_bus_name=bus, rule_name=name)))
    equal("all targets", [one["Id"] for one in listed["Targets"]], ["1", "2"])
    delete = models.DeleteTargetsRequest(event_bus_name=bus, rule_name=name, target_ids=["1"])
    equal("a target is deleted", done("a target is deleted", eb.delete_targets(delete))["ErrorEntriesCount"], 0)
    named = {"event_bus_name": bus, "rule_name": name}
    done("off", eb.disable_rule(models.DisableRuleRequest(**named)))
    equal("a rule that is off", done("a rule that is off", eb.get_rule(get))["Status"], "DISABLE")
    done("on", eb.enable_rule(models.EnableRuleRequest(**named)))
    update = models.UpdateRuleRequest(filter_pattern='{"source":["other"]}', description="d", **named)
    equal("a change", done("a change", eb.update_rule(update)), True)
    listed = done("rules", eb.list_rules(models.ListRulesRequest(event_bus_name=bus, rule_name_prefix=name)))
    equal("rules", [(one["RuleName"], one["Status"], one["Description"]) for one in listed["Rules"]], [(name, "ENABLE", "d")])
    done("a rule is deleted", eb.delete_rule(models.DeleteRuleRequest(**named)))
    refused("a rule that is gone", "EventRuleNotExisted", eb.get_rule(get))


def patterns(eb):
    """Patterns of the vendor's page, each tried with an event."""
    event = {
        "id": "1", "source": "acs.oss", "type": "oss:ObjectCreated:PutObject", "subject": "photos/cat.jpg",
        "data": {"state": "stopped", "n": 3, "ip": "10.0.0.7", "none": None, "empty": "", "list": ["a", "b"]},
    }
    for pattern, fits in [
        ({"source": ["acs.oss"]}, True),
        ({"source": [{"prefix": "acs."}], "subject": [{"suffix": ".jpg"}]}, True),
        ({"type": [{"contains": "Created"}]}, True),
        ({"data": {"state": [{"anything-but": "initializing"}]}}, True),
        ({"data": {"state": [{"anything-but": ["stopped", "overloaded"]}]}}, False),
        ({"data": {"state": [{"anything-but": {"prefix": "init"}}]}}, True),
        ({"data": {"n": [{"numeric": [">", 0, "<=", 5]}]}}, True),
        ({"data": {"ip": [{"cidr": "10.0.0.0/24"}]}}, True),
        ({"data": {"nothing": [{"exists": False}]}}, True),
        ({"data": {"none": [None], "empty": [""]}}, True),
        ({"data": {"list": ["b", "c"]}}, True),
        ({"data": {"list": ["c"]}}, False),
    ]:
        request = models.TestEventPatternRequest(event=json.dumps(event), event_pattern=json.dumps(pattern))
        equal(f"{pattern}", done(f"{pattern}", eb.test_event_pattern(request)), {"Result": fits})


def put(eb, bus, *events):
    """Puts events of which each has data."""
    events = [
        models.PutEventsRequestEventList(id=id, source="shop", type="shop:sold", spec_version="1.0", data=data)
        for id, data in events
    ]
    request = models.PutEventsRequest(event_bus_name=bus, event_list=events)
    return done("events", eb.put_events(request))


def deliveries(eb, account):
    """Events reach queues, topics and addresses, each in its form."""
    bus = f"{RUN}-shop"
    done("a bus", eb.create_event_bus(models.CreateEventBusRequest(event_bus_name=bus)))
    names = [f"{RUN}-whole", f"{RUN}-some"]
    queues = [account.get_queue(name) for name in names]
    for one in queues:
        one.set_encoding(False)
        one.create(QueueMeta())
    account.get_topic(f"{RUN}-topic").create(TopicMeta())
    got = mailbox.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.put((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    queue = f"acs:mns:{REGION}:{ACCOUNT}:queues/"
    template = {"resource_key": "Body", "form": "TEMPLATE", "value": '{"n":"$.data.n"}', "template": "sold ${n}"}
    request = models.CreateRuleRequest(
        event_bus_name=bus, rule_name="r", filter_pattern='{"data":{"n":[{"numeric":[">",5]}]}}',
        event_targets=[
            target("1", "acs.mns.queue", queue + names[0], {"resource_key": "Body", "form": "ORIGINAL"}),
            target("2", "acs.mns.queue", queue + names[1], template),
            target("3", "http", f"http://127.0.0.1:{server.server_port}/in", template),
            target("4", "acs.mns.topic", f"acs:mns:{REGION}:{ACCOUNT}:topics/{RUN}-topic", template),
        ],
    )
    done("a rule", eb.create_rule(request))
    said = put(eb, bus, ("1", {"n": 3}), ("2", {"n": 7}))
    entry = lambda id: {"EventId": id, "TraceId": TRACE}
    equal("what is said of events", said, {"EntryList": [entry("1"), entry("2")], "FailedEntryCount": 0})
    some = queues[1].receive_message(10)
    equal("a template", some.message_body, "sold 7")
    whole = queues[0].receive_message(10)
    equal("a whole event", json.loads(whole.message_body), {
        "id": "2", "source": "shop", "type": "shop:sold", "specversion": "1.0", "data": {"n": 7},
        "datacontenttype": "application/json; charset=utf-8", "time": TIME, "aliyunpublishtime": TIME,
        "aliyunaccountid": ACCOUNT, "aliyunoriginalaccountid": ACCOUNT, "aliyunregionid": REGION,
        "aliyuneventbusname": bus, "aliyunpublishaddr": "127.0.0.1",
    })
    equal("what an address gets", got.get(timeout=10), ("/in", b"sold 7"))
    equal("what a topic gets", account.get_topic(f"{RUN}-topic").get_attributes().message_count, 1)
    try:
        more = queues[1].receive_message(1)
        check("an event that no rule wants", False, more)
    except MNSServerException as error:
        equal("an event that no rule wants", error.type, "MessageNotExist")
    said = put(eb, f"{RUN}-gone", ("3", {}))
    equal("a bus that is not there", (said["FailedEntryCount"], said["EntryList"][0]["ErrorCode"]), (1, "EventBusNotExist"))


def keys():
    """A wrong secret opens nothing."""
    try:
        answer = client("wrong").get_event_bus(models.GetEventBusRequest(event_bus_name="default"))
        check("a wrong secret", False, answer)
    except Exception as error:
        equal("a wrong secret", getattr(error, "code", error), "SignatureDoesNotMatch")


def main():
    eb, account = client(), Account(URL, KEY, SECRET)
    for part in (buses, rules, patterns, keys):
        try:
            part(eb) if part is not keys else part()
        except Exception:
            check(f"{part.__name__} ran to its end", False, traceback.format_exc())
    try:
        deliveries(eb, account)
    except Exception:
        check("deliveries ran to their end", False, traceback.format_exc())
    print(f"{len(passed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
