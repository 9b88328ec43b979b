"""Judges how events are put into the local cloud's EventBridge by the vendor's unmodified SDK for it (alibabacloud-eventbridge
1.3.8).

Needs SDEV_LOCAL_URL and the ALIBABA_CLOUD_* variables. The rule that passes events on is made by a signed
call of this file's own; what it delivers is read with the vendor's SDK for MNS. Prints `N passed, N failed`; the exit code says
whether all passed.
"""

import base64
import datetime
import hashlib
import hmac
import json
import os
import sys
import traceback
import urllib.parse
import urllib.request
import uuid

from alibabacloud_eventbridge import models
from alibabacloud_eventbridge.client import Client
from mns.account import Account
from mns.queue import QueueMeta

from verdict import check, equal, failed, passed

URL = os.environ["SDEV_LOCAL_URL"].rstrip("/")
KEY = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
ACCOUNT = os.environ["ALIBABA_CLOUD_ACCOUNT_ID"]
REGION = os.environ.get("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")
RUN = f"judge-{uuid.uuid4().hex[:8]}"


def client(secret=SECRET):
    """The SDK, pointed at the local cloud."""
    endpoint = URL.removeprefix("http://")
    return Client(models.Config(access_key_id=KEY, access_key_secret=secret, endpoint=endpoint, protocol="http"))


def rpc(action, **params):
    """A signed call of the API of rules."""
    quote = lambda text: urllib.parse.quote(text, safe="~")
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    params |= {
        "Action": action, "Version": "2020-04-01", "AccessKeyId": KEY, "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0", "SignatureNonce": uuid.uuid4().hex, "Timestamp": now,
    }
    query = "&".join(f"{quote(name)}={quote(params[name])}" for name in sorted(params))
    text = f"POST&%2F&{quote(query)}".encode()
    params["Signature"] = base64.b64encode(hmac.digest(f"{SECRET}&".encode(), text, hashlib.sha1)).decode()
    with urllib.request.urlopen(URL, urllib.parse.urlencode(params).encode()) as reply:
        return json.load(reply)


def event(id, data, kind="application/json", bus=None):
    """An event of the shop."""
    bus = bus or f"{RUN}-bus"
    return models.CloudEvent(
        id=id, source="shop", specversion="1.0", type="sold", datacontenttype=kind, data=data, subject="a test",
        time="2026-01-01T00:00:00.000Z", extensions={"aliyuneventbusname": bus},
    )


def events():
    """Events are put, and each is answered and delivered."""
    queue = Account(URL, KEY, SECRET).get_queue(f"{RUN}-queue")
    queue.set_encoding(False)
    queue.create(QueueMeta())
    equal("a bus", rpc("CreateEventBus", EventBusName=f"{RUN}-bus")["Success"], True)
    target = {"Id": "1", "Type": "acs.mns.queue", "Endpoint": f"acs:mns:{REGION}:{ACCOUNT}:queues/{RUN}-queue"}
    rule = rpc(
        "CreateRule", EventBusName=f"{RUN}-bus", RuleName="r", FilterPattern='{"source":["shop"]}',
        EventTargets=json.dumps([target]),
    )
    equal("a rule", rule["Success"], True)
    for kind, data, wanted in [
        ("application/json", b'{"n": 7}', {"n": 7}),
        (None, b'{"n": 8}', {"n": 8}),
        ("text/plain", b"hello", "hello"),
    ]:
        said = client().put_events([event("1", data, kind)])
        equal(f"{kind}: none failed", said.failed_entry_count, 0)
        equal(f"{kind}: whose account", said.resource_owner_account_id, ACCOUNT)
        equal(f"{kind}: its id", said.entry_list[0].event_id, "1")
        check(f"{kind}: the id of its way", bool(said.entry_list[0].trace_id), said)
        message = queue.receive_message(10)
        got = json.loads(message.message_body)
        equal(f"{kind}: its data", got["data"], wanted)
        equal(f"{kind}: its time", got["time"], "2026-01-01T00:00:00.000Z")
        equal(f"{kind}: its bus", got["aliyuneventbusname"], f"{RUN}-bus")
        queue.delete_message(message.receipt_handle)
    said = client().put_events([event("1", b"{}"), event("2", b"{}", bus=f"{RUN}-gone")])
    equal("some failed", said.failed_entry_count, 1)
    equal("which", said.entry_list[1].error_code, "EventBusNotExist")


def refusals():
    """A wrong secret puts nothing, and what is not served says so."""
    for name, code, call in [
        ("a wrong secret", "SignatureDoesNotMatch", lambda: client("wrong").put_events([event("1", b"{}")])),
        (
            "a bus by this API",
            "NotImplemented",
            lambda: client().create_event_bus(models.CreateEventBusRequest(event_bus_name="b")),
        ),
    ]:
        try:
            check(name, False, call())
        except Exception as error:
            equal(name, getattr(error, "code", error), code)


for part in (events, refusals):
    try:
        part()
    except Exception:
        check(f"{part.__name__} ran to its end", False, traceback.format_exc())
print(f"{len(passed)} passed, {len(failed)} failed")
sys.exit(1 if failed else 0)
