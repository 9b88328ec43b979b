"""Works on a file that was uploaded. Called once for each, and again when it failed: what is done already is not done twice."""
import json
import os
import urllib.parse

import bucket
import picture
import video

UPLOADS, RESULTS = os.environ["UPLOADS"], os.environ["RESULTS"]


def handler(event, context):
    return [_work(one["oss"]["object"]) for one in json.loads(event)["events"]]


def _work(thing):
    key, tag = urllib.parse.unquote(thing["key"]), thing["eTag"]
    _, name, file = key.split("/", 2)
    place = "records/%s.json" % name
    record = json.loads(bucket.read(RESULTS, place) or b"null") or {"id": name, "name": file}
    if record.get("tag") == tag and record["state"] in ("done", "held"):
        return "%s: nothing new" % name
    data = bucket.read(UPLOADS, key)
    if data is None:
        return "%s: it is gone" % name
    record.update(tag=tag, **_result(name, file, data))
    if record["state"] == "done":
        record.pop("reason", None)
    bucket.write(RESULTS, place, json.dumps(record).encode(), "application/json")
    if not bucket.exists(UPLOADS, key):
        # It was deleted meanwhile, when there was not yet anything to forget.
        for left in [one["key"] for one in record["made"]] + [place]:
            bucket.remove(RESULTS, left)
        return "%s: it is gone" % name
    return "%s: %s" % (name, record["state"])


def _result(name, file, data):
    if file.lower().endswith(video.ENDINGS):
        return _of_video(name, data)
    shown = picture.open_picture(data)
    facts = {"width": shown.width, "height": shown.height}
    reason = picture.judgement(shown)
    if reason:
        return {"state": "held", "reason": reason, "facts": facts, "made": []}
    made = [_keep(name, "%d.jpg" % side, small, "image/jpeg") for side, small in picture.small_ones(shown)]
    made.append(_keep(name, "marked.jpg", picture.marked(shown, os.environ.get("MARK", "{{name}}")), "image/jpeg"))
    return {"state": "done", "facts": facts, "made": made}


def _of_video(name, data):
    facts, poster, small = video.make(data)
    made = [_keep(name, "poster.jpg", poster, "image/jpeg"), _keep(name, "small.mp4", small, "video/mp4")]
    return {"state": "done", "facts": facts, "made": made}


def _keep(name, file, data, kind):
    key = "media/%s/%s" % (name, file)
    bucket.write(RESULTS, key, data, kind)
    return {"file": file, "key": key, "bytes": len(data)}
