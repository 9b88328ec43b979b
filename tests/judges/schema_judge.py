"""Holds what `sdev schema` prints against JSON Schema's own rules, and against real manifests.

usage: schema_judge.py SDEV. Real manifests are read from ../../../shared/corpus when it is there.
"""
import json
import pathlib
import subprocess
import sys

import jsonschema

SDEV = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parents[2]
passed = failed = 0


def check(name, fits):
    global passed, failed
    if fits:
        passed += 1
    else:
        failed += 1
        print(f"failed: {name}")


def schema(*component):
    out = subprocess.run([SDEV, "schema", *component], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def is_draft_7(document):
    try:
        jsonschema.Draft7Validator.check_schema(document)
    except jsonschema.SchemaError as error:
        print(error.message)
        return False
    return True


whole = schema()
check("the whole manifest's schema is valid", is_draft_7(whole))
names = whole["properties"]["resources"]["additionalProperties"]["properties"]["component"]["examples"]
for name in names:
    check(f"the schema of {name} is valid", is_draft_7(schema(name)))

validator = jsonschema.Draft7Validator(whole)


def accepts(manifest):
    return not list(validator.iter_errors(manifest))


def of(props, component="site", **rest):
    return {"edition": "3.0.0", "resources": {"a": {"component": component, "props": props}}, **rest}


good = {
    "a site": of({"source": "./a", "cdn": {"ttl": [{"path": "/", "seconds": 1}]}}),
    "an expression for a map": of("${vars.props}"),
    "an expression for a number": of({"timeout": "${vars.t}"}, "fc3"),
    "a version": of({"timeout": 3}, "fc3@1.0"),
    "an unknown component": of({"x": 1}, "other"),
    "actions and flow": of({"source": "a"}, actions={"pre-deploy": [{"run": "x"}]}, flow={"deploy": [["a"]]}),
    "a trigger": of({"triggers": [{"triggerName": "t", "triggerType": "timer", "triggerConfig": {"cronExpression": "@every 1m"}}]}, "fc3"),
}
bad = {
    "another edition": {**of({}), "edition": "1.0.0"},
    "an unknown property of a site": of({"sorce": "a"}),
    "a text for a flag": of({"spa": "yes"}),
    "a list for a map": of({"environmentVariables": ["A"]}, "fc3"),
    "a map for a list": of({"layers": {"a": 1}}, "fc3"),
    "a text for a trigger": of({"triggers": ["http"]}, "fc3"),
    "an action without its list": of({}, actions={"pre-deploy": {"run": "x"}}),
    "an action that does nothing": of({}, actions={"pre-deploy": [{"path": "x"}]}),
    "a name with a dot": {"edition": "3.0.0", "resources": {"a.b": {"component": "site"}}},
    "seconds out of range": of({"source": "a", "cdn": {"ttl": [{"path": "/", "seconds": -1}]}}),
}
for name, manifest in good.items():
    check(f"accepts {name}", accepts(manifest))
for name, manifest in bad.items():
    check(f"refuses {name}", not accepts(manifest))

# An action without its list: the original refuses it when it runs, and `sdev validate` warns.
WRONG_INDEED = {"Serverless-Devs__Serverless-Devs____tests____fixtures__error__pre-deploy-format-error"}

corpus = ROOT.parent / "shared/corpus/golden"
for file in sorted(corpus.glob("*.json")):
    manifest = json.loads(file.read_text())["content"]
    if manifest.get("edition") != "3.0.0":
        continue
    errors = [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:120]}" for e in validator.iter_errors(manifest)]
    if errors and file.stem not in WRONG_INDEED:
        print(file.stem, errors[:3])
    check(f"judges {file.stem} rightly", bool(errors) == (file.stem in WRONG_INDEED))

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
