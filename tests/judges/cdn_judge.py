"""Judges the local cloud's CDN with the vendor's unmodified SDK (alibabacloud-cdn20180510 9.2.0).

Needs SDEV_LOCAL_URL, ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET. Runs an origin of its own on a
free port, so it needs no other service. Prints `N passed, N failed`; the exit code says whether all passed.
"""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import os
import sys
import threading
import time
import traceback
import uuid
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from urllib.parse import urlsplit

from alibabacloud_cdn20180510 import models
from alibabacloud_cdn20180510.client import Client
from alibabacloud_tea_openapi.models import Config

from verdict import check, equal, failed, passed

URL = os.environ["SDEV_LOCAL_URL"].rstrip("/")
KEY = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
HOST = urlsplit(URL).netloc
RUN = uuid.uuid4().hex[:8]


def fails(name, code, status, call):
    """Expects the SDK to raise an error with the vendor's code."""
    try:
        answer = call()
    except Exception as error:  # noqa: BLE001 - the SDK has several error classes
        seen = (getattr(error, "code", None), getattr(error, "status_code", getattr(error, "statusCode", None)))
        equal(name, seen, (code, status))
        return
    check(name, False, answer)


class Origin(http.server.BaseHTTPRequestHandler):
    """Answers from `pages`; counts what it is asked."""

    protocol_version = "HTTP/1.1"
    pages, counts, seen, lock = {}, {}, [], threading.Lock()

    def do_GET(self):
        path = self.path.split("?")[0]
        with self.lock:
            self.counts[self.path] = self.counts.get(self.path, 0) + 1
            self.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        status, headers, body, delay = self.pages.get(path, (404, {}, b"nothing here", 0))
        time.sleep(delay)
        etag = headers.get("ETag")
        if status == 200 and etag and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def page(path, body=b"hello", status=200, delay=0, **headers):
    """Puts a page at the origin."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    Origin.pages[path] = (status, headers, body, delay)


def asked(path):
    """How often the origin was asked for a target."""
    return Origin.counts.get(path, 0)


def fetch(domain, target, method="GET", **headers):
    """Fetches from the CDN; gives status, headers (lower case) and body."""
    connection = http.client.HTTPConnection(HOST, timeout=30)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, target, headers={"Host": domain, **headers})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def admin(call, body):
    """Calls the local cloud's own API."""
    token = hmac.new(SECRET.encode(), b"sdev-admin", hashlib.sha256).hexdigest()
    connection = http.client.HTTPConnection(HOST, timeout=30)
    connection.request("POST", f"/_sdev/{call}", json.dumps(body), {"x-sdev-token": token, "Host": HOST})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, text
    return json.loads(text)


def advance(seconds):
    """Moves the cloud's time."""
    admin("clock", {"advance_ms": seconds * 1000})


def client(key=KEY, secret=SECRET):
    """The vendor's client, pointed here."""
    return Client(Config(access_key_id=key, access_key_secret=secret, endpoint=HOST, protocol="HTTP"))


def sources(port, **more):
    """The JSON of one origin on this machine."""
    return json.dumps([{"content": "127.0.0.1", "type": "ipaddr", "priority": "20", "port": port, "weight": "15", **more}])


def function(name, config=None, **arguments):
    """One function as the API takes it."""
    listed = [{"argName": key, "argValue": value} for key, value in arguments.items()]
    made = {"functionName": name, "functionArgs": listed}
    if config is not None:
        made["configId"] = config
    return made


def set_functions(cdn, domain, *functions):
    """Configures functions and gives their ids."""
    request = models.BatchSetCdnDomainConfigRequest(domain_names=domain, functions=json.dumps(functions))
    body = cdn.batch_set_cdn_domain_config(request).body
    return [one.config_id for one in body.domain_config_list.domain_config_model]


def judge_domains(cdn, port):
    """Add, describe, list, change, stop, start, tag, delete."""
    name = f"{RUN}.domains.test"
    request = models.AddCdnDomainRequest(
        domain_name=name, cdn_type="web", scope="overseas", sources=sources(port),
        tag=[models.AddCdnDomainRequestTag(key="owner", value="judge")],
    )
    added = cdn.add_cdn_domain(request)
    equal("add: status", added.status_code, 200)
    check("add: request id", bool(added.body.request_id), added.body)
    fails("add: twice", "DomainAlreadyExist", 400, lambda: cdn.add_cdn_domain(request))
    broken = models.AddCdnDomainRequest(domain_name=f"x.{name}", cdn_type="web", sources="nonsense")
    fails("add: bad sources", "InvalidSources.Malformed", 400, lambda: cdn.add_cdn_domain(broken))

    detail = cdn.describe_cdn_domain_detail(models.DescribeCdnDomainDetailRequest(domain_name=name))
    model = detail.body.get_domain_detail_model
    equal("detail: name", model.domain_name, name)
    equal("detail: status", model.domain_status, "online")
    equal("detail: kind and scope", (model.cdn_type, model.scope), ("web", "overseas"))
    check("detail: cname", name in model.cname, model.cname)
    check("detail: created", model.gmt_created.endswith("Z"), model.gmt_created)
    source = model.source_models.source_model[0]
    equal("detail: source", (source.type, source.content, source.port, source.priority, source.weight),
          ("ipaddr", "127.0.0.1", port, "20", "15"))
    absent = models.DescribeCdnDomainDetailRequest(domain_name="absent.test")
    fails("detail: absent", "InvalidDomain.NotFound", 404, lambda: cdn.describe_cdn_domain_detail(absent))

    for number in range(3):
        cdn.add_cdn_domain(models.AddCdnDomainRequest(
            domain_name=f"{RUN}-{number}.many.test", cdn_type="download", sources=sources(port)))
    search = {"domain_name": f"{RUN}-", "domain_search_type": "pre_match", "page_size": 2}
    first = cdn.describe_user_domains(models.DescribeUserDomainsRequest(page_number=1, **search)).body
    second = cdn.describe_user_domains(models.DescribeUserDomainsRequest(page_number=2, **search)).body
    equal("list: total", (first.total_count, first.page_size, second.page_number), (3, 2, 2))
    names = [one.domain_name for one in first.domains.page_data + second.domains.page_data]
    equal("list: pages", sorted(names), [f"{RUN}-{number}.many.test" for number in range(3)])
    one = first.domains.page_data[0]
    equal("list: source", (one.sources.source[0].content, one.cdn_type), ("127.0.0.1", "download"))
    exact = models.DescribeUserDomainsRequest(
        domain_name=name, tag=[models.DescribeUserDomainsRequestTag(key="owner", value="judge")])
    found = cdn.describe_user_domains(exact).body.domains.page_data
    equal("list: by tag", [one.domain_name for one in found], [name])
    wrong = models.DescribeUserDomainsRequest(
        domain_name=name, tag=[models.DescribeUserDomainsRequestTag(key="owner", value="other")])
    equal("list: by another tag", cdn.describe_user_domains(wrong).body.total_count, 0)

    cdn.modify_cdn_domain(models.ModifyCdnDomainRequest(domain_name=name, sources=sources(port, weight="7")))
    detail = cdn.describe_cdn_domain_detail(models.DescribeCdnDomainDetailRequest(domain_name=name))
    equal("modify: weight", detail.body.get_domain_detail_model.source_models.source_model[0].weight, "7")

    page("/alive", b"alive", ETag='"alive"')
    cdn.stop_cdn_domain(models.StopCdnDomainRequest(domain_name=name))
    detail = cdn.describe_cdn_domain_detail(models.DescribeCdnDomainDetailRequest(domain_name=name))
    equal("stop: status", detail.body.get_domain_detail_model.domain_status, "offline")
    equal("stop: visitors", fetch(name, "/alive")[0], 403)
    cdn.start_cdn_domain(models.StartCdnDomainRequest(domain_name=name))
    equal("start: visitors", fetch(name, "/alive")[2], b"alive")

    judge_tags(cdn, name)
    cdn.delete_cdn_domain(models.DeleteCdnDomainRequest(domain_name=name))
    gone = models.DescribeCdnDomainDetailRequest(domain_name=name)
    fails("delete: gone", "InvalidDomain.NotFound", 404, lambda: cdn.describe_cdn_domain_detail(gone))
    again = models.DeleteCdnDomainRequest(domain_name=name)
    fails("delete: twice", "InvalidDomain.NotFound", 404, lambda: cdn.delete_cdn_domain(again))
    check("delete: visitors", fetch(name, "/alive")[0] == 404, fetch(name, "/alive"))


def judge_tags(cdn, name):
    """Tags in each shape."""
    cdn.tag_resources(models.TagResourcesRequest(
        resource_id=[name], resource_type="DOMAIN", tag=[models.TagResourcesRequestTag(key="app", value="shop")]))
    request = models.DescribeTagResourcesRequest(resource_id=[name], resource_type="DOMAIN")
    tagged = cdn.describe_tag_resources(request).body.tag_resources
    pairs = sorted((tag.key, tag.value) for tag in tagged[0].tag)
    equal("tags: described", (tagged[0].resource_id, pairs), (name, [("app", "shop"), ("owner", "judge")]))
    request = models.ListTagResourcesRequest(resource_id=[name], resource_type="DOMAIN")
    listed = cdn.list_tag_resources(request).body.tag_resources.tag_resource
    equal("tags: listed", sorted(tag.tag_key for tag in listed), ["app", "owner"])
    cdn.untag_resources(models.UntagResourcesRequest(resource_id=[name], resource_type="DOMAIN", tag_key=["app"]))
    request = models.DescribeTagResourcesRequest(resource_id=[name], resource_type="DOMAIN")
    left = cdn.describe_tag_resources(request).body.tag_resources
    equal("tags: removed", [tag.key for tag in left[0].tag], ["owner"])


def judge_functions(cdn, domain):
    """Set, describe, change and delete functions."""
    ids = set_functions(cdn, domain, function("filetype_based_ttl_set", ttl="300", file_type="jpg", weight="1"),
                        function("path_based_ttl_set", ttl="60", path="/a", weight="9"))
    equal("functions: ids", len(set(ids)), 2)
    request = models.DescribeCdnDomainConfigsRequest(domain_name=domain, function_names="path_based_ttl_set")
    found = cdn.describe_cdn_domain_configs(request).body.domain_configs.domain_config
    equal("functions: filtered", [(one.function_name, one.status, one.config_id) for one in found],
          [("path_based_ttl_set", "success", str(ids[1]))])
    arguments = {one.arg_name: one.arg_value for one in found[0].function_args.function_arg}
    equal("functions: arguments", arguments, {"ttl": "60", "path": "/a", "weight": "9"})
    changed = set_functions(cdn, domain, function("path_based_ttl_set", ids[1], ttl="61", path="/b", weight="9"))
    equal("functions: changed by id", changed, [ids[1]])
    found = cdn.describe_cdn_domain_configs(request).body.domain_configs.domain_config
    arguments = {one.arg_name: one.arg_value for one in found[0].function_args.function_arg}
    equal("functions: changed arguments", (len(found), arguments["path"]), (1, "/b"))
    fails("functions: absent id", "ConfigNotFound", 404,
          lambda: set_functions(cdn, domain, function("path_based_ttl_set", 99999999, ttl="1", path="/b")))
    fails("functions: bad value", "InvalidArgValue.Malformed", 400,
          lambda: set_functions(cdn, domain, function("path_based_ttl_set", ttl="soon", path="/b")))
    fails("functions: not served", "NotImplemented", 501,
          lambda: set_functions(cdn, domain, function("https_force", enable="on")))
    cdn.delete_specific_config(models.DeleteSpecificConfigRequest(domain_name=domain, config_id=str(ids[0])))
    everything = models.DescribeCdnDomainConfigsRequest(domain_name=domain)
    left = cdn.describe_cdn_domain_configs(everything).body.domain_configs.domain_config
    equal("functions: deleted one", [one.config_id for one in left], [str(ids[1])])
    cdn.batch_delete_cdn_domain_config(models.BatchDeleteCdnDomainConfigRequest(
        domain_names=domain, function_names="path_based_ttl_set"))
    left = cdn.describe_cdn_domain_configs(everything).body.domain_configs.domain_config
    equal("functions: deleted all", left, [])


def judge_cache(domain):
    """Misses, hits, ages, validators, ranges, heads, variants."""
    page("/c", b"0123456789", ETag='"c1"', Cache_Control="max-age=100", Content_Type="text/x-judge")
    status, headers, body = fetch(domain, "/c")
    equal("miss: answer", (status, body, headers["x-cache"].split()[0]), (200, b"0123456789", "MISS"))
    status, headers, body = fetch(domain, "/c")
    equal("hit: answer", (status, body, headers["x-cache"].split()[:2]), (200, b"0123456789", ["HIT", "TCP_MEM_HIT"]))
    equal("hit: headers", (headers["content-type"], headers["etag"]), ("text/x-judge", '"c1"'))
    check("hit: via, date, age", "via" in headers and "date" in headers and int(headers["age"]) <= 2, headers)
    advance(50)
    status, headers, _ = fetch(domain, "/c")
    check("hit: age follows the clock", headers["x-cache"].startswith("HIT") and 50 <= int(headers["age"]) <= 55, headers)
    status, _, body = fetch(domain, "/c", If_None_Match='"c1"')
    equal("hit: confirmed", (status, body), (304, b""))
    status, headers, body = fetch(domain, "/c", Range="bytes=2-4")
    equal("hit: range", (status, body, headers["content-range"]), (206, b"234", "bytes 2-4/10"))
    status, headers, _ = fetch(domain, "/c", Range="bytes=10-")
    equal("hit: range beyond", (status, headers["content-range"]), (416, "bytes */10"))
    status, headers, body = fetch(domain, "/c", "HEAD")
    equal("hit: head", (status, body, headers["content-length"]), (200, b"", "10"))
    equal("hit: origin asked once", asked("/c"), 1)
    advance(60)
    status, headers, body = fetch(domain, "/c")
    equal("stale: revalidated", (status, body, headers["x-cache"].split()[:2]),
          (200, b"0123456789", ["MISS", "TCP_REFRESH_HIT"]))
    check("stale: validator sent", Origin.seen[-1][1].get("if-none-match") == '"c1"', Origin.seen[-1])
    check("stale: fresh again", fetch(domain, "/c")[1]["x-cache"].startswith("HIT"))
    page("/c", b"new", ETag='"c2"', Cache_Control="max-age=100")
    advance(101)
    status, headers, body = fetch(domain, "/c")
    equal("stale: renewed", (body, headers["x-cache"].split()[:2]), (b"new", ["MISS", "TCP_REFRESH_MISS"]))

    page("/r", b"0123456789", ETag='"r"', Cache_Control="max-age=100")
    status, headers, body = fetch(domain, "/r", Range="bytes=-3")
    equal("miss: range", (status, body), (206, b"789"))
    equal("miss: range keeps the whole", fetch(domain, "/r")[2], b"0123456789")
    equal("miss: range asks once", asked("/r"), 1)

    for rule, kept in [("no-store", False), ("private", False), ("no-cache", None), ("max-age=9", True)]:
        path = f"/cc-{rule.split('=')[0]}"
        page(path, rule.encode(), ETag=f'"{rule}"', Cache_Control=rule)
        fetch(domain, path)
        word = fetch(domain, path)[1]["x-cache"].split()[:2]
        expected = {False: ["MISS", "TCP_MISS"], None: ["MISS", "TCP_REFRESH_HIT"], True: ["HIT", "TCP_MEM_HIT"]}[kept]
        equal(f"cache-control: {rule}", word, expected)

    page("/v", b"v", Vary="Accept-Language", Cache_Control="max-age=100")
    fetch(domain, "/v", Accept_Language="de")
    check("vary: another", fetch(domain, "/v", Accept_Language="en")[1]["x-cache"].startswith("MISS"))
    check("vary: the same", fetch(domain, "/v", Accept_Language="de")[1]["x-cache"].startswith("HIT"))
    page("/q", b"q", Cache_Control="max-age=100")
    fetch(domain, "/q?a=1")
    check("key: query counts", fetch(domain, "/q?a=2")[1]["x-cache"].startswith("MISS"))

    old = formatdate(time.time() - 100_000, usegmt=True)
    page("/old", b"old", Last_Modified=old)
    fetch(domain, "/old")
    advance(3500)
    check("guess: fresh for an hour at most", fetch(domain, "/old")[1]["x-cache"].startswith("HIT"))
    advance(200)
    check("guess: then stale", fetch(domain, "/old")[1]["x-cache"].startswith("MISS"))
    page("/bare", b"bare")
    fetch(domain, "/bare")
    check("guess: nothing known", fetch(domain, "/bare")[1]["x-cache"].startswith("MISS"))
    equal("errors: status", fetch(domain, "/nowhere")[0], 404)

    big = bytes(range(256)) * 30_000
    page("/big", big, ETag='"big"', Cache_Control="max-age=100")
    equal("big: whole", hashlib.sha256(fetch(domain, "/big")[2]).digest(), hashlib.sha256(big).digest())


def judge_collapse(domain):
    """Many who miss at once are one fetch."""
    page("/slow", b"slow", delay=0.3, Cache_Control="max-age=100")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: fetch(domain, "/slow"), range(20)))
    equal("collapse: bodies", {answer[2] for answer in answers}, {b"slow"})
    equal("collapse: origin asked once", asked("/slow"), 1)


def judge_rules(cdn, domain):
    """The functions that change how visitors are served."""
    page("/rules/a.jpg", b"a", Cache_Control="max-age=1", ETag='"a"')
    page("/rules/deep/b.jpg", b"b", Cache_Control="no-store", ETag='"b"')
    set_functions(cdn, domain, function("path_based_ttl_set", ttl="1000", path="/rules", weight="5"),
                  function("filetype_based_ttl_set", ttl="50", file_type="jpg,png", weight="3"),
                  function("path_based_ttl_set", ttl="20", path="/rules/deep", weight="7"))
    for path in ["/rules/a.jpg", "/rules/deep/b.jpg"]:
        fetch(domain, path)
    advance(10)
    check("rules: beat the origin", fetch(domain, "/rules/a.jpg")[1]["x-cache"].startswith("HIT"))
    check("rules: beat no-store", fetch(domain, "/rules/deep/b.jpg")[1]["x-cache"].startswith("HIT"))
    advance(60)
    check("rules: higher weight wins", fetch(domain, "/rules/a.jpg")[1]["x-cache"].startswith("HIT"))
    check("rules: lower ttl of higher weight", fetch(domain, "/rules/deep/b.jpg")[1]["x-cache"].startswith("MISS"))

    set_functions(cdn, domain, function("default_ttl_code", default_ttl_code="404=30,5xx=0"))
    fetch(domain, "/missing-page")
    advance(20)
    status, headers, _ = fetch(domain, "/missing-page")
    equal("codes: 404 kept", (status, headers["x-cache"].split()[0]), (404, "HIT"))
    advance(20)
    check("codes: 404 expires", fetch(domain, "/missing-page")[1]["x-cache"].startswith("MISS"))

    set_functions(cdn, domain, function("set_req_host_header", domain_name="origin.example"),
                  function("set_resp_header", key="X-Judge", value="yes"))
    page("/host", b"host")
    headers = fetch(domain, "/host")[1]
    equal("host header", Origin.seen[-1][1]["host"], "origin.example")
    equal("response header", headers.get("x-judge"), "yes")
    set_functions(cdn, domain, function("error_page", error_code="404", rewrite_page="http://x.test/404.html"))
    status, headers, _ = fetch(domain, "/not-there-either")
    equal("error page", (status, headers.get("location")), (302, "http://x.test/404.html"))

    set_functions(cdn, domain, function("set_hashkey_args", disable="on", hashkey_args="v", keep_oss_args="on"))
    page("/hash", b"hash", Cache_Control="max-age=100")
    fetch(domain, "/hash?v=1&session=1")
    check("hash key: others do not count", fetch(domain, "/hash?v=1&session=2")[1]["x-cache"].startswith("HIT"))
    check("hash key: kept ones count", fetch(domain, "/hash?v=2")[1]["x-cache"].startswith("MISS"))


def judge_refresh(cdn, domain):
    """Refresh and preload, and their tasks."""
    for path in ["/f/one", "/f/two", "/g/three"]:
        page(path, path.encode(), ETag=f'"{path}"', Cache_Control="max-age=10000")
        fetch(domain, path)
    request = models.RefreshObjectCachesRequest(object_path=f"http://{domain}/f/one\nhttps://{domain}/f/two", object_type="File")
    task = cdn.refresh_object_caches(request).body.refresh_task_id
    check("refresh: task id", bool(task), task)
    word = fetch(domain, "/f/one")[1]["x-cache"].split()[:2]
    equal("refresh: asks the origin again", word, ["MISS", "TCP_REFRESH_HIT"])
    check("refresh: others stay", fetch(domain, "/g/three")[1]["x-cache"].startswith("HIT"))
    body = cdn.describe_refresh_tasks(models.DescribeRefreshTasksRequest(task_id=task)).body
    tasks = body.tasks.cdntask
    equal("tasks: listed", (body.total_count, sorted(one.object_path for one in tasks)),
          (2, [f"http://{domain}/f/one", f"https://{domain}/f/two"]))
    equal("tasks: state", {(one.status, one.process, one.object_type) for one in tasks}, {("Complete", "100%", "file")})
    by_id = cdn.describe_refresh_task_by_id(models.DescribeRefreshTaskByIdRequest(task_id=task)).body
    equal("tasks: by id", (by_id.total_count, by_id.tasks[0].task_id), (2, task))

    page("/f/two", b"changed", ETag='"changed"', Cache_Control="max-age=10000")
    cdn.refresh_object_caches(models.RefreshObjectCachesRequest(object_path=f"http://{domain}/f/", object_type="Directory"))
    _, headers, body = fetch(domain, "/f/two")
    equal("refresh: folder", (body, headers["x-cache"].split()[0]), (b"changed", "MISS"))
    check("refresh: outside the folder", fetch(domain, "/g/three")[1]["x-cache"].startswith("HIT"))
    wrong = models.RefreshObjectCachesRequest(object_path=f"http://{domain}/f", object_type="Directory")
    fails("refresh: folder without slash", "InvalidObjectPath.Malformed", 400, lambda: cdn.refresh_object_caches(wrong))
    wrong = models.RefreshObjectCachesRequest(object_path=f"http://{domain}/f", object_type="Odd")
    fails("refresh: bad type", "InvalidObjectType.Malformed", 400, lambda: cdn.refresh_object_caches(wrong))
    wrong = models.RefreshObjectCachesRequest(object_path="http://absent.test/f")
    fails("refresh: other domain", "InvalidDomain.NotFound", 404, lambda: cdn.refresh_object_caches(wrong))

    page("/preloaded", b"warm", Cache_Control="max-age=100")
    task = cdn.push_object_cache(models.PushObjectCacheRequest(object_path=f"http://{domain}/preloaded")).body.push_task_id
    request = models.DescribeRefreshTaskByIdRequest(task_id=task)
    deadline = time.monotonic() + 10
    while (state := cdn.describe_refresh_task_by_id(request).body.tasks[0]).status == "Refreshing":
        check("preload: ends", time.monotonic() < deadline)
        time.sleep(0.02)
    equal("preload: state", (state.status, state.object_type), ("Complete", "preload"))
    check("preload: warm", fetch(domain, "/preloaded")[1]["x-cache"].startswith("HIT"))
    quota = cdn.describe_refresh_quota(models.DescribeRefreshQuotaRequest()).body
    check("quota", int(quota.url_quota) > int(quota.url_remain) > 0 and int(quota.dir_quota) > int(quota.dir_remain), quota)


def judge_keys(cdn, domain):
    """Wrong keys, and actions that do not exist."""
    request = models.DescribeCdnDomainDetailRequest(domain_name=domain)
    fails("keys: unknown id", "InvalidAccessKeyId.NotFound", 403, lambda: client(key="nobody").describe_cdn_domain_detail(request))
    fails("keys: wrong secret", "SignatureDoesNotMatch", 403, lambda: client(secret="wrong").describe_cdn_domain_detail(request))
    fails("actions: known, not served", "NotImplemented", 501,
          lambda: cdn.describe_cdn_user_quota(models.DescribeCdnUserQuotaRequest()))
    connection = http.client.HTTPConnection(HOST, timeout=30)
    connection.request("GET", "/?Action=DescribeUserDomains&Version=2018-05-10", headers={"Host": HOST})
    answer = connection.getresponse()
    equal("keys: none", (answer.status, json.loads(answer.read())["Code"]), (400, "MissingParameter"))


def judge_failover(cdn, port):
    """A second origin answers when the first does not; none is 502."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin) as closed:
        dead = closed.server_address[1]
    name = f"{RUN}.failover.test"
    both = json.loads(sources(port, priority="30")) + json.loads(sources(dead))
    cdn.add_cdn_domain(models.AddCdnDomainRequest(domain_name=name, cdn_type="web", sources=json.dumps(both)))
    page("/failover", b"second")
    equal("failover: second answers", fetch(name, "/failover")[2], b"second")
    cdn.modify_cdn_domain(models.ModifyCdnDomainRequest(domain_name=name, sources=sources(dead)))
    equal("failover: none answers", fetch(name, "/failover")[0], 502)
    cdn.delete_cdn_domain(models.DeleteCdnDomainRequest(domain_name=name))


def oss(method, bucket, key="", query="", body=b"", **headers):
    """One call to the object storage, signed in version 1."""
    date = formatdate(usegmt=True)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    signed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-oss-"))
    resource = f"/{bucket}/{key}" + (f"?{query}" if query else "")
    text = f"{method}\n\n{headers.get('content-type', '')}\n{date}\n{signed}{resource}"
    mac = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).digest()).decode()
    connection = http.client.HTTPConnection(HOST, timeout=30)
    connection.request(method, resource, body, {"Date": date, "Authorization": f"OSS {KEY}:{mac}", **headers})
    answer = connection.getresponse()
    text = answer.read()
    check(f"oss: {method} {resource}", answer.status < 300, (answer.status, text))


def judge_bucket(cdn):
    """A bucket's website as the origin."""
    bucket = f"judge-{RUN}"
    oss("PUT", bucket, x_oss_acl="public-read")
    website = (b"<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>"
               b"<ErrorDocument><Key>404.html</Key></ErrorDocument></WebsiteConfiguration>")
    oss("PUT", bucket, query="website", body=website)
    page = {"content-type": "text/html", "x-oss-meta-a": "1"}
    oss("PUT", bucket, "index.html", body=b"<h1>home</h1>", **page, cache_control="no-cache")
    oss("PUT", bucket, "404.html", body=b"<h1>lost</h1>", **page)
    oss("PUT", bucket, "app.js", body=b"run()", **{"content-type": "text/javascript"}, cache_control="max-age=100")
    name = f"{RUN}.bucket.test"
    source = json.dumps([{"type": "oss", "content": f"{bucket}.oss-cn-hangzhou.aliyuncs.com", "priority": "20"}])
    cdn.add_cdn_domain(models.AddCdnDomainRequest(domain_name=name, cdn_type="web", sources=source))
    status, headers, body = fetch(name, "/")
    equal("bucket: index", (status, body, headers["content-type"]), (200, b"<h1>home</h1>", "text/html"))
    equal("bucket: no-cache is confirmed", fetch(name, "/")[1]["x-cache"].split()[:2], ["MISS", "TCP_REFRESH_HIT"])
    status, _, body = fetch(name, "/nowhere")
    equal("bucket: error page", (status, body), (404, b"<h1>lost</h1>"))
    fetch(name, "/app.js")
    status, headers, body = fetch(name, "/app.js")
    equal("bucket: hit", (status, body, headers["x-cache"].split()[0]), (200, b"run()", "HIT"))
    oss("PUT", bucket, "app.js", body=b"run2()", **{"content-type": "text/javascript"}, cache_control="max-age=100")
    equal("bucket: still the cached one", fetch(name, "/app.js")[2], b"run()")
    cdn.refresh_object_caches(models.RefreshObjectCachesRequest(object_path=f"http://{name}/app.js"))
    _, headers, body = fetch(name, "/app.js")
    equal("bucket: refreshed", (body, headers["x-cache"].split()[:2]), (b"run2()", ["MISS", "TCP_REFRESH_MISS"]))
    equal("bucket: by path", path_fetch(name, "/app.js"), (200, b"run2()"))
    cdn.delete_cdn_domain(models.DeleteCdnDomainRequest(domain_name=name))
    for key in ["index.html", "404.html", "app.js", ""]:
        oss("DELETE", bucket, key)


def path_fetch(domain, target):
    """Fetches by the form that needs no name resolution."""
    status, _, body = fetch(HOST, f"/_site/{domain}{target}")
    return status, body


def main():
    """Runs every judgement; one that breaks counts as failed and stops none of the others."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    cdn = client()
    domain = f"{RUN}.www.test"
    cdn.add_cdn_domain(models.AddCdnDomainRequest(domain_name=domain, cdn_type="web", sources=sources(port)))
    for judgement, arguments in [
        (judge_domains, (cdn, port)), (judge_functions, (cdn, domain)), (judge_cache, (domain,)),
        (judge_collapse, (domain,)), (judge_refresh, (cdn, domain)), (judge_rules, (cdn, domain)),
        (judge_keys, (cdn, domain)), (judge_failover, (cdn, port)), (judge_bucket, (cdn,)),
    ]:
        try:
            judgement(*arguments)
        except Exception:  # noqa: BLE001
            traceback.print_exc()
            failed.append(judgement.__name__)
    left = cdn.describe_user_domains(models.DescribeUserDomainsRequest(
        domain_name=RUN, domain_search_type="fuzzy_match", page_size=100)).body.domains.page_data
    for one in left:
        cdn.delete_cdn_domain(models.DeleteCdnDomainRequest(domain_name=one.domain_name))
    print(f"{len(passed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
