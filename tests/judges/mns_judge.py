"""Judges the local cloud's MNS with the vendor's unmodified SDK (aliyun-mns-sdk 1.3.0).

Needs SDEV_LOCAL_URL and the ALIBABA_CLOUD_* variables. Every operation of the SDK is called; replies are compared whole, as
its models read them. Prints `N passed, N failed`; the exit code says whether all passed.
"""

import base64
import hashlib
import http.server
import json
import os
import queue as mailbox
import sys
import threading
import time
import traceback
import uuid
import warnings
import xml.etree.ElementTree as ElementTree

from mns.account import Account
from mns.message_property import MessagePropertyValue
from mns.mns_common import TopicHelper
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta
from mns.subscription import SubscriptionMeta
from mns.topic import TopicMessage, TopicMeta

from verdict import Text, check, equal, failed, passed

URL = os.environ["SDEV_LOCAL_URL"].rstrip("/")
KEY = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
ACCOUNT = os.environ["ALIBABA_CLOUD_ACCOUNT_ID"]
REGION = os.environ.get("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")
RUN = f"judge-{uuid.uuid4().hex[:8]}"
NAMESPACE = "{http://mns.aliyuncs.com/doc/v1/}"
HANDLE = Text(r"1-[A-Za-z0-9_-]+")
ID = Text(r"[0-9A-F]{32}")


# The SDK warns of counts that the service may stop showing one day.
warnings.simplefilter("ignore", DeprecationWarning)


class About:
    """Equals any number that is near."""

    def __init__(self, number, by):
        self.number, self.by = number, by

    def __eq__(self, other):
        return isinstance(other, (int, float)) and abs(other - self.number) <= self.by

    def __repr__(self):
        return f"About({self.number}, {self.by})"


def now():
    """Seconds, give or take."""
    return About(time.time(), 60)


def now_ms(later=0):
    """Milliseconds, give or take."""
    return About((time.time() + later) * 1000, 60_000)


def digest(text):
    """As the service writes it."""
    return hashlib.md5(text.encode()).hexdigest().upper()


def seen(value):
    """All that a model holds, without what it calls private."""
    return {name.lstrip("_"): one for name, one in vars(value).items()}


def refused(name, code, call):
    """Expects a refusal."""
    try:
        answer = call()
    except MNSServerException as error:
        equal(name, error.type, code)
        check(f"{name}: a request id", len(error.request_id) == 24, error.request_id)
        # What a batch is told of its parts names no host.
        equal(f"{name}: a host", error.host_id, None if error.sub_errors else URL)
        return error
    check(name, False, answer)
    return None


def queues(account):
    """Queues: made, shown, changed, listed, deleted."""
    queue = account.get_queue(f"{RUN}-a")
    url = queue.create(QueueMeta(vis_timeout=45, msg_ttl=3600))
    equal("the address of a queue", url, f"{URL}/queues/{RUN}-a")
    again = queue.create(QueueMeta(vis_timeout=45, msg_ttl=3600))
    equal("a queue made again", again, url)
    refused("a queue of other attributes", "QueueAlreadyExist", lambda: queue.create(QueueMeta(vis_timeout=46)))
    shown = {
        "visibility_timeout": 45,
        "maximum_message_size": 65536,
        "message_retention_period": 3600,
        "delay_seconds": 0,
        "polling_wait_seconds": 0,
        "logging_enabled": False,
        "active_messages": 0,
        "inactive_messages": 0,
        "delay_messages": 0,
        "create_time": now(),
        "last_modify_time": now(),
        "queue_name": f"{RUN}-a",
    }
    equal("a queue", seen(queue.get_attributes()), shown)
    queue.set_attributes(QueueMeta(delay_sec=2, logging_enabled=True))
    shown |= {"delay_seconds": 2, "logging_enabled": True}
    equal("a changed queue", seen(queue.get_attributes()), shown)
    other = account.get_queue(f"{RUN}-b")
    other.create(QueueMeta())
    first, marker = account.list_queue(prefix=RUN, ret_number=1)
    equal("the first page", first, [f"{URL}/queues/{RUN}-a"])
    rest, end = account.list_queue(prefix=RUN, ret_number=1, marker=marker)
    equal("the last page", (rest, end), ([f"{URL}/queues/{RUN}-b"], ""))
    equal("no such prefix", account.list_queue(prefix="nothing-"), ([], ""))
    for one in (queue, other):
        one.delete()
    refused("a queue that is gone", "QueueNotExist", queue.get_attributes)
    refused("a name that cannot be", "InvalidQueueName", lambda: account.get_queue("a_b").create(QueueMeta()))
    refused("a size that cannot be", "InvalidArgument", lambda: other.create(QueueMeta(max_msg_size=1)))


def content(text, **more):
    """What a message that was looked at holds; bodies come back as bytes where the client encodes them."""
    written = text if isinstance(text, str) else base64.b64encode(text).decode()
    body = {
        "message_body": text,
        "delay_seconds": -1,
        "priority": 8,
        "message_id": ID,
        "message_body_md5": digest(written),
        "dequeue_count": 0,
        "enqueue_time": now_ms(),
        "first_dequeue_time": 0,
        "next_visible_time": 1,
        "receipt_handle": "",
        "message_group_id": "",
        "user_properties": {},
        "system_properties": {},
    }
    return body | more


def messages(account):
    """Messages: one at a time."""
    queue = account.get_queue(f"{RUN}-m")
    queue.create(QueueMeta(vis_timeout=30))
    refused("nothing to receive", "MessageNotExist", lambda: queue.receive_message(0))
    refused("nothing to see", "MessageNotExist", queue.peek_message)
    began = time.time()
    refused("nothing came", "MessageNotExist", lambda: queue.receive_message(1))
    check("it was waited for", 0.9 < time.time() - began < 20, time.time() - began)

    sent = queue.send_message(Message("hällo & <so on>"))
    body = "hällo & <so on>".encode()
    encoded = base64.b64encode(body).decode()
    equal("what is sent", (sent.message_id, sent.message_body_md5, sent.receipt_handle), (ID, digest(encoded), ""))
    equal("what is seen", seen(queue.peek_message()), content(body))
    got = queue.receive_message(0)
    held = {"dequeue_count": 1, "first_dequeue_time": now_ms(), "next_visible_time": now_ms(30), "receipt_handle": HANDLE}
    equal("what is received", seen(got), content(body, **held))
    equal("the same message", got.message_id, sent.message_id)
    refused("what is held", "MessageNotExist", lambda: queue.receive_message(0))
    equal("states", queue.get_attributes().inactive_messages, 1)
    hidden = queue.change_message_visibility(got.receipt_handle, 100)
    equal("hidden", (hidden.receipt_handle, int(hidden.next_visible_time)), (HANDLE, now_ms(100)))
    check("by another handle", hidden.receipt_handle != got.receipt_handle)
    refused("a stale handle", "MessageNotExist", lambda: queue.delete_message(got.receipt_handle))
    refused("no handle", "ReceiptHandleError", lambda: queue.delete_message("nonsense"))
    queue.change_message_visibility(hidden.receipt_handle, 0)
    again = queue.receive_message(0)
    equal("received again", (again.message_id, again.dequeue_count), (got.message_id, 2))
    equal("deleted", queue.delete_message(again.receipt_handle), None)
    refused("it is gone", "MessageNotExist", lambda: queue.delete_message(again.receipt_handle))

    queue.set_encoding(False)
    message = Message("plain", delay_seconds=600, priority=2)
    message.add_user_property("shade", MessagePropertyValue.create_string("red"))
    message.add_user_property("weight", MessagePropertyValue.create_number(1.5))
    message.add_user_property("raw", MessagePropertyValue.create_binary(b"\x00\xff"))
    late = queue.send_message(message)
    equal("a delayed message has a handle", late.receipt_handle, HANDLE)
    equal("it waits", queue.get_attributes().delay_messages, 1)
    queue.change_message_visibility(late.receipt_handle, 0)
    got = queue.receive_message(0)
    equal("its order and text", (got.priority, got.message_body, got.message_body_md5), (2, "plain", digest("plain")))
    properties = {name: (one.get_data_type(), one.get_string_value_by_type()) for name, one in got.user_properties.items()}
    equal(
        "its properties",
        {name: properties[name] for name in ("shade", "weight")},
        {"shade": ("STRING", "red"), "weight": ("NUMBER", "1.5")},
    )
    equal("its bytes", got.user_properties["raw"].get_binary_value(), b"\x00\xff")
    queue.delete_message(got.receipt_handle)
    refused("too much", "InvalidArgument", lambda: queue.send_message(Message("x" * 65_537)))

    # A message that comes while somebody waits; and one whose time passes.
    waiting = account_of().get_queue(f"{RUN}-m")
    waiting.set_encoding(False)
    threading.Timer(0.5, lambda: account_of().get_queue(f"{RUN}-m").send_message(Message("woken"))).start()
    began = time.time()
    woken = waiting.receive_message(20)
    check("it came at once", time.time() - began < 15, time.time() - began)
    queue.change_message_visibility(woken.receipt_handle, 1)
    equal("it comes back", waiting.receive_message(20).message_id, woken.message_id)
    queue.delete()


def batches(account):
    """Messages: many at a time."""
    queue = account.get_queue(f"{RUN}-n")
    queue.set_encoding(False)
    queue.create(QueueMeta())
    sent = queue.batch_send_message([Message(f"m{n}", priority=n + 1) for n in range(16)])
    equal("a batch", [(one.message_id, one.message_body_md5) for one in sent], [(ID, digest(f"m{n}")) for n in range(16)])
    refused("too many", "InvalidArgument", lambda: queue.batch_send_message([Message("x")] * 17))
    peeked = queue.batch_peek_message(2)
    equal("two are seen", [seen(one) for one in peeked], [content(f"m{n}", priority=n + 1) for n in range(2)])
    got = queue.batch_receive_message(3, 0)
    held = {"dequeue_count": 1, "first_dequeue_time": now_ms(), "next_visible_time": now_ms(30), "receipt_handle": HANDLE}
    equal("three are received", [seen(one) for one in got], [content(f"m{n}", priority=n + 1, **held) for n in range(3)])
    handles = [one.receipt_handle for one in got]
    equal("two are deleted", queue.batch_delete_message(handles[:2]), None)
    error = refused("one is gone", "MessageNotExist", lambda: queue.batch_delete_message([handles[0], handles[2]]))
    expected = [{"ErrorCode": "MessageNotExist", "ErrorMessage": "Message not exist.", "ReceiptHandle": handles[0]}]
    equal("which one", error and error.sub_errors, expected)
    equal("the rest", len(queue.batch_receive_message(16, 0)), 13)
    refused("no more", "MessageNotExist", lambda: queue.batch_receive_message(16, 0))
    refused("nothing is seen", "MessageNotExist", lambda: queue.batch_peek_message(16))
    queue.delete()


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what is pushed."""

    mail = mailbox.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        Receiver.mail.put((self.path, headers, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def topics(account):
    """Topics and subscriptions, and what is pushed."""
    topic = account.get_topic(f"{RUN}-t")
    url = topic.create(TopicMeta(maximum_message_size=4096))
    equal("the address of a topic", url, f"{URL}/topics/{RUN}-t")
    equal("a topic made again", topic.create(TopicMeta(maximum_message_size=4096)), url)
    refused("a topic of other attributes", "TopicAlreadyExist", lambda: topic.create(TopicMeta()))
    shown = {
        "maximum_message_size": 4096,
        "logging_enabled": False,
        "message_retention_period": 86400,
        "message_count": 0,
        "create_time": now(),
        "last_modify_time": now(),
        "topic_name": f"{RUN}-t",
    }
    equal("a topic", seen(topic.get_attributes()), shown)
    topic.set_attributes(TopicMeta(logging_enabled=True))
    equal("a changed topic", seen(topic.get_attributes()), shown | {"logging_enabled": True})
    equal("topics", account.list_topic(prefix=RUN), ([url], ""))

    queue = account.get_queue(f"{RUN}-q")
    queue.set_encoding(False)
    queue.create(QueueMeta())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    to_queue = TopicHelper.generate_queue_endpoint(REGION, ACCOUNT, f"{RUN}-q")
    to_server = f"http://127.0.0.1:{server.server_port}"
    terms = {
        "a-json": SubscriptionMeta(to_queue, notify_content_format="JSON"),
        "b-red": SubscriptionMeta(f"{to_server}/red", "EXPONENTIAL_DECAY_RETRY", "SIMPLIFIED", "red"),
        "c-xml": SubscriptionMeta(to_server),
    }
    addresses = []
    for name, meta in terms.items():
        subscription = topic.get_subscription(name)
        addresses.append(subscription.subscribe(meta))
        equal(f"{name} made again", subscription.subscribe(meta), addresses[-1])
    equal("addresses", addresses, [f"{url}/subscriptions/{name}" for name in terms])
    equal("subscriptions", topic.list_subscription(), (addresses, ""))
    first, marker = topic.list_subscription(ret_number=2)
    equal("a page of them", (first, topic.list_subscription(ret_number=2, marker=marker)), (addresses[:2], (addresses[2:], "")))
    red = topic.get_subscription("b-red")
    shown = {
        "endpoint": f"{to_server}/red",
        "filter_tag": "red",
        "notify_strategy": "EXPONENTIAL_DECAY_RETRY",
        "notify_content_format": "SIMPLIFIED",
        "topic_owner": ACCOUNT,
        "topic_name": f"{RUN}-t",
        "subscription_name": "b-red",
        "create_time": now(),
        "last_modify_time": now(),
    }
    equal("a subscription", seen(red.get_attributes()), shown)
    red.set_attributes(SubscriptionMeta(notify_strategy="BACKOFF_RETRY"))
    equal("a changed subscription", seen(red.get_attributes()), shown | {"notify_strategy": "BACKOFF_RETRY"})
    refused("other terms", "SubscriptionAlreadyExist", lambda: red.subscribe(terms["c-xml"]))
    refused("no endpoint", "EndpointInvalid", lambda: topic.get_subscription("x").subscribe(SubscriptionMeta("ftp://x")))
    mail = SubscriptionMeta(TopicHelper.generate_mail_endpoint("a@b.c"))
    refused("mail", "NotImplemented", lambda: topic.get_subscription("x").subscribe(mail))

    published = topic.publish_message(TopicMessage("hällo", "red"))
    equal("what is published", (published.message_id, published.message_body_md5), (ID, digest("hällo")))
    pushed = {path: (headers, body) for path, headers, body in (Receiver.mail.get(timeout=20) for _ in range(2))}
    equal("where it is pushed to", sorted(pushed), ["/notifications", "/red"])
    headers, body = pushed["/red"]
    own = {name: value for name, value in headers.items() if name.startswith("x-mns-")}
    equal("a push of the body", body, "hällo")
    equal(
        "its headers",
        own,
        {
            "x-mns-message-id": published.message_id,
            "x-mns-message-tag": "red",
            "x-mns-publish-time": Text(r"\d{13}"),
            "x-mns-request-id": Text(r"[0-9A-F]{24}"),
            "x-mns-subscriber": ACCOUNT,
            "x-mns-subscription-name": "b-red",
            "x-mns-topic-name": f"{RUN}-t",
            "x-mns-topic-owner": ACCOUNT,
            "x-mns-version": "2015-06-06",
        },
    )
    notification = {
        "TopicOwner": ACCOUNT,
        "TopicName": f"{RUN}-t",
        "Subscriber": ACCOUNT,
        "SubscriptionName": "c-xml",
        "MessageId": published.message_id,
        "Message": "hällo",
        "MessageMD5": digest("hällo"),
        "MessageTag": "red",
        "PublishTime": Text(r"\d{13}"),
    }
    root = ElementTree.fromstring(pushed["/notifications"][1])
    equal("a push with all", {one.tag.removeprefix(NAMESPACE): one.text for one in root}, notification)
    told = json.loads(queue.receive_message(5).message_body)
    equal("a queue gets it too", told, notification | {"SubscriptionName": "a-json"})
    topic.publish_message(TopicMessage("no tag"))
    equal("without the tag", Receiver.mail.get(timeout=20)[0], "/notifications")
    check("and nowhere else", Receiver.mail.empty())
    equal("messages of the day", topic.get_attributes().message_count, 2)
    refused("too much", "InvalidArgument", lambda: topic.publish_message(TopicMessage("x" * 4097)))
    refused("no such topic", "TopicNotExist", lambda: account.get_topic("none").publish_message(TopicMessage("x")))

    equal("unsubscribed", red.unsubscribe(), None)
    refused("it is gone", "SubscriptionNotExist", red.get_attributes)
    topic.delete()
    refused("the topic is gone", "TopicNotExist", topic.get_attributes)
    queue.delete()
    server.shutdown()


def strangers(account):
    """Who may not, and what is not served."""
    wrong = Account(URL, KEY, "wrong").get_queue("q")
    refused("a wrong secret", "SignatureDoesNotMatch", wrong.get_attributes)
    other = Account(URL, "nobody", SECRET).get_queue("q")
    refused("an unknown key", "InvalidAccessKeyId", other.get_attributes)
    refused("attributes of the account", "NotImplemented", account.get_attributes)
    refused("orders", "NotImplemented", account.open_service)


def account_of():
    """An account with a connection of its own."""
    return Account(URL, KEY, SECRET)


def main():
    """Runs every part; one that breaks fails and does not keep the others back."""
    for part in (queues, messages, batches, topics, strangers):
        try:
            part(account_of())
        except Exception:  # what a client throws is a failure of the cloud
            traceback.print_exc()
            check(part.__name__, False)
    print(f"{len(passed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
