"""Holds the services of the template `microservices` against their contracts (OpenAPI 3.1): asks what the contracts' examples say.

usage: contract_judge.py SDEV, inside of a local cloud. Each answer must have a status that the contract names and a body that fits its
schema; each status that the contract names must come, but for 503, which needs a service that fails.
"""
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import jsonschema
import referencing.jsonschema
import yaml

import verdict

SDEV = sys.argv[1]
HOST = "api.shop.test"
METHODS = {"get", "post", "put", "patch", "delete"}


def run(*words, cwd):
    done = subprocess.run([SDEV, *words], cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"sdev {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


class Contract:
    """A document whose `$ref`s are followed."""

    def __init__(self, name, text):
        self.name, self.document = name, yaml.safe_load(text)
        resource = referencing.Resource.from_contents(self.document, referencing.jsonschema.DRAFT202012)
        self.registry = referencing.Registry().with_resource("urn:contract", resource)

    def at(self, part):
        while isinstance(part, dict) and "$ref" in part:
            found = self.document
            for key in part["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            part = found
        return part

    def errors(self, schema, value):
        # References in a schema lead from the root of the document.
        rooted = json.loads(json.dumps(schema).replace('"#/', '"urn:contract#/'))
        validator = jsonschema.Draft202012Validator(rooted, registry=self.registry)
        return [error.message for error in validator.iter_errors(value)]

    def operations(self):
        for path, item in self.document["paths"].items():
            for method in METHODS & item.keys():
                yield path, item.get("parameters", []), method, item[method]

    def requests(self, path, parameters, operation):
        """Every combination of examples: the path, and the body if there is one."""
        known = [self.at(parameter) for parameter in parameters]
        names = [parameter["name"] for parameter in known]
        values = [[one["value"] for one in parameter["examples"].values()] for parameter in known]
        bodies = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples")
        bodies = [None] if bodies is None else [one["value"] for one in bodies.values()]
        for *chosen, body in itertools.product(*values, bodies):
            yield path.format(**dict(zip(names, chosen))), body


def ask(base, method, path, body, host):
    headers = {"Content-Type": "application/json", **({"Host": host} if host else {})}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base.rstrip("/") + path, data, headers, method=method.upper())
    try:
        reply = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        reply = error
    with reply:
        return reply.status, reply.headers.get_content_type(), reply.read()


def judge(contract, base, host=None):
    for path, parameters, method, operation in contract.operations():
        seen = set()
        for asked, body in contract.requests(path, parameters, operation):
            status, kind, text = ask(base, method, asked, body, host)
            name = f"{contract.name}: {method} {asked} {'' if body is None else body}: {status}"
            seen.add(str(status))
            promised = contract.at(operation["responses"].get(str(status)))
            verdict.check(f"{name} is in the contract", promised is not None, text)
            if promised is None:
                continue
            schema = promised["content"].get(kind, {}).get("schema")
            verdict.check(f"{name} has the type that is promised", schema is not None, kind)
            errors = contract.errors(schema or False, json.loads(text))
            verdict.check(f"{name} fits its schema", errors == [], errors)
        missing = operation["responses"].keys() - seen - {"503"}
        verdict.equal(f"{contract.name}: {method} {path}: all that is promised came", missing, set())


with tempfile.TemporaryDirectory() as work:
    run("init", "microservices", "shop", cwd=work)
    folder = pathlib.Path(work) / "shop"
    run("deploy", "-y", cwd=folder)
    # The front last: it gives a service's first call no more time than any.
    files = sorted(folder.glob("*/openapi.yaml"), key=lambda file: (file.parent.name == "front", file))
    verdict.equal("every service has a contract", len(files), 5)
    for file in files:
        service = file.parent.name
        contract = Contract(service, file.read_text())
        if service == "front":
            judge(contract, os.environ["SDEV_LOCAL_URL"], HOST)
        else:
            judge(contract, run("output", f"{service}.url.system_url", cwd=folder).strip())
    # What breaks its contract is seen.
    broken = Contract("stock", (folder / "stock/openapi.yaml").read_text())
    schema = broken.document["paths"]["/{id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    verdict.check("a stock that is no number does not fit", broken.errors(schema, {"count": "12"}) != [])

print(f"{len(verdict.passed)} passed, {len(verdict.failed)} failed")
sys.exit(1 if verdict.failed else 0)
