"""Judges triggers of queues with the vendor's unmodified SDKs: alibabacloud-fc20230330 4.8.3 makes a function and its triggers,
aliyun-mns-sdk 1.3.0 sends the messages and reads what the function was called with.

Needs SDEV_LOCAL_URL and the ALIBABA_CLOUD_* variables. What a function gets comes back as the report of its asynchronous
call, in a queue. Prints `N passed, N failed`; the exit code says whether all passed.
"""

import base64
import io
import json
import os
import sys
import traceback
import uuid
import warnings
import zipfile
from urllib.parse import urlsplit

from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta

from verdict import Text, check, equal, failed, passed

URL = os.environ["SDEV_LOCAL_URL"].rstrip("/")
KEY = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
ACCOUNT = os.environ["ALIBABA_CLOUD_ACCOUNT_ID"]
REGION = os.environ.get("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")
RUN = f"judge-{uuid.uuid4().hex[:8]}"
TIME = Text(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
REQUEST = Text(r"[0-9A-F]{24}")

# The SDK warns of counts that the service may stop showing one day.
warnings.simplefilter("ignore", DeprecationWarning)


def client():
    """The vendor's client of Function Compute, pointed at the local cloud."""
    return Client(Config(access_key_id=KEY, access_key_secret=SECRET, endpoint=urlsplit(URL).netloc, protocol="HTTP",
                         region_id=REGION, read_timeout=60_000))


def queue(name):
    """A new queue; the client writes base64, as it does unless it is told otherwise."""
    made = Account(URL, KEY, SECRET).get_queue(f"{RUN}-{name}")
    made.create(QueueMeta())
    return made


def function(fc, name, reports):
    """A function that answers, and whose calls are reported to a queue."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("index.py", "def handler(event, context):\n    return 'heard'\n")
    code = models.InputCodeLocation(zip_file=base64.b64encode(packed.getvalue()).decode())
    wanted = models.CreateFunctionInput(function_name=name, runtime="python3.10", handler="index.handler", code=code)
    fc.create_function(models.CreateFunctionRequest(body=wanted))
    arn = f"acs:mns:{REGION}:{ACCOUNT}:/queues/{reports.queue_name}/messages"
    told = models.DestinationConfig(on_success=models.Destination(destination=arn))
    setting = models.PutAsyncInvokeConfigInput(destination_config=told)
    fc.put_async_invoke_config(name, models.PutAsyncInvokeConfigRequest(body=setting))


def config(source, schema="CloudEvents", pattern="{}", **options):
    """The settings of a trigger, as the SDK's models write them."""
    window = options.pop("window", None)
    return models.EventBridgeTriggerConfig(
        trigger_enable=True, async_invocation_type=True, event_rule_filter_pattern=pattern,
        event_source_config=models.EventSourceConfig(
            event_source_type="MNS",
            event_source_parameters=models.EventSourceParameters(source_mnsparameters=models.SourceMNSParameters(
                region_id=REGION, queue_name=source.queue_name, is_base_64decode=True)),
        ),
        event_sink_config=models.EventSinkConfig(delivery_option=models.DeliveryOption(event_schema=schema)),
        run_options=models.RunOptions(batch_window=window and models.BatchWindow(**window), **options),
    )


def trigger(fc, name, made_of, called="orders"):
    """Makes a trigger."""
    wanted = models.CreateTriggerInput(trigger_name=called, trigger_type="eventbridge",
                                       trigger_config=json.dumps(made_of.to_map()))
    return fc.create_trigger(name, models.CreateTriggerRequest(body=wanted))


def got(reports):
    """What the function was called with next."""
    # Reports are not in base64.
    reports.set_encoding(False)
    message = reports.receive_message(20)
    reports.delete_message(message.receipt_handle)
    return json.loads(json.loads(message.message_body)["requestPayload"])


def shown(message_id):
    """A message's id as that of its event."""
    return str(uuid.UUID(message_id))


def is_empty(source):
    """Whether nothing can be received."""
    try:
        return source.receive_message(1)
    except MNSServerException as error:
        return error.type == "MessageNotExist"


def driven(fc):
    """One message is one call, with the event that the vendor documents."""
    source, reports, name = queue("one"), queue("one-told"), f"{RUN}-one"
    function(fc, name, reports)
    pattern = json.dumps({"data": {"messageBody": [{"prefix": "order"}]}})
    made = trigger(fc, name, config(source, pattern=pattern, mode="event-driven"))
    equal("a trigger", (made.status_code, made.body.trigger_type), (200, "eventbridge"))
    source.send_message(Message("something else"))
    sent = source.send_message(Message("order 7: hällo"))
    subject = f"acs:mns:{REGION}:{ACCOUNT}:queues/{source.queue_name}"
    equal("its event", got(reports), {
        "id": shown(sent.message_id), "source": f"MNS-{name}-orders", "specversion": "1.0", "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8", "subject": subject, "time": TIME, "aliyunaccountid": ACCOUNT,
        "aliyunpublishtime": TIME, "aliyunoriginalaccountid": ACCOUNT, "aliyuneventbusname": f"MNS-{name}-orders",
        "aliyunregionid": REGION, "aliyunpublishaddr": Text(r"[\d.]+"),
        "data": {"requestId": REQUEST, "messageId": sent.message_id, "messageBody": "order 7: hällo"},
    })
    check("nothing is left", is_empty(source))
    fc.delete_trigger(name, "orders")
    late = source.send_message(Message("order 8"))
    message = source.receive_message(5)
    equal("a deleted trigger takes nothing", (message.message_id, message.message_body), (late.message_id, b"order 8"))


def streaming(fc):
    """Messages are one call in a batch, a list of texts."""
    source, reports, name = queue("many"), queue("many-told"), f"{RUN}-many"
    function(fc, name, reports)
    window = {"count_based_window": 3, "time_based_window": 15}
    options = {"mode": "event-streaming", "errors_tolerance": "ALL", "window": window,
               "retry_strategy": models.RetryStrategy(push_retry_strategy="BACKOFF_RETRY")}
    trigger(fc, name, config(source, **options))
    sent = [source.send_message(Message(body)) for body in ("a", "b", "c")]
    items = got(reports)
    check("a list of texts", all(isinstance(item, str) for item in items), items)
    subject = f"acs:mns:{REGION}:{ACCOUNT}:queues/{source.queue_name}"
    equal("its events", [json.loads(item) for item in items], [{
        "id": shown(one.message_id), "source": "acs:mns", "specversion": "1.0", "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8", "subject": subject, "time": TIME, "aliyunaccountid": ACCOUNT,
        "data": {"requestId": REQUEST, "messageId": one.message_id, "messageBody": body},
    } for one, body in zip(sent, ("a", "b", "c"))])
    raw = config(source, schema="RawData", **{**options, "window": {"count_based_window": 1, "time_based_window": 0}})
    changed = models.UpdateTriggerInput(trigger_config=json.dumps(raw.to_map()))
    fc.update_trigger(name, "orders", models.UpdateTriggerRequest(body=changed))
    one = source.send_message(Message("d"))
    equal("data alone", [json.loads(item) for item in got(reports)],
          [{"requestId": REQUEST, "messageId": one.message_id, "messageBody": "d"}])
    check("nothing is left", is_empty(source))


def refusals(fc):
    """What can never fire is refused."""
    source, reports, name = queue("no"), queue("no-told"), f"{RUN}-no"
    function(fc, name, reports)
    for title, wrong in [
        ("a window that is too long", config(source, mode="event-streaming", window={"time_based_window": 16})),
        ("a batch of none", config(source, mode="event-streaming", window={"count_based_window": 0})),
        ("a pattern that is none", config(source, pattern="{")),
    ]:
        try:
            check(title, False, trigger(fc, name, wrong))
        except Exception as error:
            equal(title, getattr(error, "code", error), "InvalidArgument")


for part in (driven, streaming, refusals):
    try:
        part(client())
    except Exception:
        check(f"{part.__name__} ran to its end", False, traceback.format_exc())
print(f"{len(passed)} passed, {len(failed)} failed")
sys.exit(1 if failed else 0)
