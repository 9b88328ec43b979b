"""Calls the workflow's API, signed with the keys that the function was given."""
import base64
import hashlib
import hmac
import json
import os
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import datetime, timezone

_ENDPOINT = os.environ.get("FNF_ENDPOINT") or "https://%s.fnf.aliyuncs.com" % os.environ.get("FC_REGION")


class Refused(Exception):
    """The API said no; `code` says why."""

    def __init__(self, action, answer):
        super().__init__("%s: %s" % (action, answer.get("Message")))
        self.code = answer.get("Code")


def ask(action, **parameters):
    """What the API answers."""
    told = {
        **parameters,
        "Action": action,
        "Version": "2019-03-15",
        "Format": "JSON",
        "AccessKeyId": os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": str(uuid.uuid4()),
        "Timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    token = os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN")
    if token:
        told["SecurityToken"] = token
    form = "&".join("%s=%s" % (_strict(name), _strict(str(told[name]))) for name in sorted(told))
    secret = (os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] + "&").encode()
    digest = hmac.new(secret, ("POST&%2F&" + _strict(form)).encode(), hashlib.sha1).digest()
    form += "&Signature=" + _strict(base64.b64encode(digest).decode())
    try:
        with urllib.request.urlopen(_ENDPOINT, data=form.encode(), timeout=15) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise Refused(action, json.load(error)) from None


def begin(flow, name, input):
    """Begins an execution, or finds it begun: a name stands for one execution only."""
    try:
        ask("StartExecution", FlowName=flow, ExecutionName=name, Input=json.dumps(input))
    except Refused as refused:
        if refused.code != "ExecutionAlreadyExists":
            raise


def _strict(text):
    return urllib.parse.quote(text, safe="-_.~")
