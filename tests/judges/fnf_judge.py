"""Judges the local cloud's CloudFlow with the vendor's unmodified SDK (alibabacloud-fnf20190315 2.0.1).

Needs SDEV_LOCAL_URL, ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET. Every operation of the SDK is called;
replies are compared whole, as its models read them. Prints `N passed, N failed`; the exit code says whether all passed.
"""

import json
import os
import sys
import time
import traceback
import uuid
from urllib.parse import urlsplit

from alibabacloud_fnf20190315 import models
from alibabacloud_fnf20190315.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions

from verdict import Text, check, equal, failed, passed

URL = os.environ["SDEV_LOCAL_URL"].rstrip("/")
RUN = uuid.uuid4().hex[:8]
NAME = f"judge-{RUN}"

DEFINITION = "{version: v1, type: flow, steps: [{type: pass, name: p, outputMappings: [{target: x, source: $input.x}]}]}"
WAITING = """
version: v1beta1
type: flow
steps:
- type: parallel
  name: both
  branches:
  - steps: [{type: wait, name: long, duration: 3600}]
  - steps: [{type: pass, name: short}]
"""
QUICK = """
Type: StateMachine
Name: %s
SpecVersion: v1
StartAt: C
States:
- Type: Choice
  Name: C
  Branches: [{Condition: $Input.x > 1, Next: Yes}]
  Default: No
- {Type: Pass, Name: Yes, OutputConstructor: {said: yes}, End: true}
- {Type: Fail, Name: No, Code: TooSmall, Detail: it is not above one}
"""
DISTRIBUTED = """
Type: StateMachine
Name: %s
SpecVersion: v1
StartAt: M
States:
- Type: Map
  Name: M
  ItemsPath: $Input.list
  ProcessorConfig: {ExecutionMode: Standard}
  MaxConcurrency: 2
  ToleratedFailureCount: 1
  Processor:
    StartAt: C
    States:
    - {Type: Choice, Name: C, Branches: [{Condition: $Input.Item > 2, Next: No}, {Condition: $Input.Item < 0, Next: W}], Default: Yes}
    - {Type: Pass, Name: Yes, End: true}
    - {Type: Fail, Name: No, Code: TooLarge, Detail: it is above two}
    - {Type: Wait, Name: W, Seconds: 300, End: true}
  End: true
"""

TIME = Text(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ID = Text(r"[0-9A-Fa-f-]{36}")


def client():
    parts = urlsplit(URL)
    config = Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        endpoint=parts.netloc,
        protocol=parts.scheme,
        region_id="cn-hangzhou",
    )
    return Client(config)


FNF = client()


def same(name, reply, expected):
    """Compares status and whole body of a reply."""
    equal(f"{name}: status", reply.status_code, 200)
    equal(name, reply.body.to_map() if reply.body else None, {"RequestId": ID, **expected})


def fails(name, code, status, call):
    """Expects a refusal."""
    try:
        call()
        check(name, False, "no error")
    except Exception as error:  # the SDK's own classes differ between its versions
        told = (getattr(error, "code", None), getattr(error, "status_code", None) or (error.data or {}).get("statusCode"))
        equal(name, told, (code, status))


def flow(name, definition, mode="Standard"):
    request = models.CreateFlowRequest(
        name=name, definition=definition, type="FDL", description="made by a judge", execution_mode=mode,
        role_arn="acs:ram::1:role/flow",
        environment=models.CreateFlowRequestEnvironment(
            variables=[models.CreateFlowRequestEnvironmentVariables(name="A", value="1", description="a")]
        ),
    )
    return FNF.create_flow(request)


def shown_flow(name, definition, **more):
    return {
        "Id": ID, "Name": name, "Definition": definition, "Description": "made by a judge", "Type": "FDL",
        "RoleArn": "acs:ram::1:role/flow", "ExecutionMode": "Standard", "ResourceGroupId": "",
        "Environment": {"Variables": [{"Name": "A", "Value": "1", "Description": "a"}]},
        "CreatedTime": TIME, "LastModifiedTime": TIME, **more,
    }


def flows():
    same("CreateFlow", flow(NAME, DEFINITION), shown_flow(NAME, DEFINITION))
    fails("CreateFlow again", "FlowAlreadyExists", 409, lambda: flow(NAME, DEFINITION))
    fails("CreateFlow wrong", "InvalidArgument", 400, lambda: flow(f"{NAME}-wrong", "{version: v1, type: flow}"))
    same("DescribeFlow", FNF.describe_flow(models.DescribeFlowRequest(name=NAME)), shown_flow(NAME, DEFINITION))
    update = models.UpdateFlowRequest(name=NAME, description="another", definition=DEFINITION)
    expected = shown_flow(NAME, DEFINITION, Description="another")
    del expected["ExecutionMode"]
    same("UpdateFlow", FNF.update_flow(update), expected)
    listed = FNF.list_flows(models.ListFlowsRequest(limit=100)).body.to_map()
    check("ListFlows", any(one["Name"] == NAME for one in listed["Flows"]), listed)
    fails("DescribeFlow of none", "FlowNotExists", 404,
          lambda: FNF.describe_flow(models.DescribeFlowRequest(name="nobody")))


def executions():
    start = models.StartExecutionRequest(flow_name=NAME, execution_name="one", input='{"x": 7}')
    begun = {"Name": "one", "FlowName": NAME, "FlowDefinition": DEFINITION, "Status": "", "Input": '{"x": 7}', "Output": "",
             "StartedTime": TIME, "StoppedTime": ""}
    same("StartExecution", FNF.start_execution(start), begun)
    describe = models.DescribeExecutionRequest(flow_name=NAME, execution_name="one", wait_time_seconds=10)
    ended = {"Name": "one", "FlowName": NAME, "FlowDefinition": DEFINITION, "Status": "Succeeded", "Input": '{"x":7}',
             "Output": '{"x":7}', "StartedTime": TIME, "StoppedTime": TIME, "Environment": {"Variables": []}}
    same("DescribeExecution", FNF.describe_execution(describe), ended)
    fails("StartExecution again", "ExecutionAlreadyExists", 409, lambda: FNF.start_execution(start))
    history = FNF.get_execution_history(models.GetExecutionHistoryRequest(flow_name=NAME, execution_name="one", limit=2))
    page = history.body.to_map()
    equal("GetExecutionHistory", page["Events"][1], {
        "EventId": 2, "ScheduleEventId": 0, "StepName": "p", "Type": "StepEntered", "Time": TIME,
        "EventDetail": page["Events"][1]["EventDetail"],
    })
    equal("GetExecutionHistory: detail", json.loads(page["Events"][1]["EventDetail"])["input"], {"x": 7})
    more = FNF.get_execution_history(models.GetExecutionHistoryRequest(
        flow_name=NAME, execution_name="one", limit=2, next_token=page["NextToken"]))
    types = [event["Type"] for event in page["Events"] + more.body.to_map()["Events"]]
    equal("GetExecutionHistory: pages", types, ["ExecutionStarted", "StepEntered", "StepExited", "ExecutionSucceeded"])
    listed = FNF.list_executions(models.ListExecutionsRequest(flow_name=NAME, status="Succeeded", execution_name_prefix="o"))
    same("ListExecutions", listed, {"Executions": [ended], "NextToken": ""})
    fails("DescribeExecution of none", "ExecutionNotExists", 404, lambda: FNF.describe_execution(
        models.DescribeExecutionRequest(flow_name=NAME, execution_name="none")))
    for call, request in (
        (FNF.describe_map_run, models.DescribeMapRunRequest(flow_name=NAME, execution_name="one", map_run_name="m")),
        (FNF.update_map_run, models.UpdateMapRunRequest(flow_name=NAME, execution_name="one", map_run_name="m", concurrency=1)),
    ):
        fails(type(request).__name__, "MapRunNotExists", 404, lambda call=call, request=request: call(request))


def waiting():
    name = f"{NAME}-waiting"
    flow(name, WAITING)
    FNF.start_execution(models.StartExecutionRequest(flow_name=name, execution_name="w", input="{}"))
    again = FNF.start_execution(models.StartExecutionRequest(flow_name=name, execution_name="w", input='{"other": 1}'))
    equal("StartExecution while it goes on", [again.body.status, again.body.input], ["Running", "{}"])
    stop = models.StopExecutionRequest(flow_name=name, execution_name="w", error="Mine", cause="enough")
    stopped = FNF.stop_execution(stop)
    same("StopExecution", stopped, {
        "Name": "w", "FlowName": name, "FlowDefinition": WAITING, "Status": "Stopped", "Input": "{}", "Output": "",
        "StartedTime": TIME, "StoppedTime": TIME, "RoleArn": "acs:ram::1:role/flow",
    })
    fails("StopExecution again", "ExecutionAlreadyTerminated", 400, lambda: FNF.stop_execution(stop))
    for call, request in (
        (FNF.report_task_succeeded, models.ReportTaskSucceededRequest(task_token="bm9uZQ==", output="{}")),
        (FNF.report_task_failed, models.ReportTaskFailedRequest(task_token="bm9uZQ==", error="E", cause="c")),
    ):
        fails(type(request).__name__, "InvalidArgument", 400, lambda call=call, request=request: call(request))
    FNF.delete_flow(models.DeleteFlowRequest(name=name))


def callbacks():
    name = f"{NAME}-parent"
    child = f"{NAME}-child"
    flow(child, "{version: v1, type: flow, steps: [{type: wait, name: w, duration: 3600}]}")
    flow(name, "{version: v1, type: flow, steps: [{type: task, name: t, pattern: waitForCallback, timeoutSeconds: 600, "
               f"resourceArn: 'acs:fnf:::flow/{child}', "
               "inputMappings: [{target: token, source: $context.task.token}], serviceParams: {Input: $}}]}")
    for report, status, output in (("yes", "Succeeded", '{"a":1}'), ("no", "Failed", "")):
        FNF.start_execution(models.StartExecutionRequest(flow_name=name, execution_name=report, input="{}"))
        token = None
        for _ in range(200):
            history = FNF.get_execution_history(models.GetExecutionHistoryRequest(flow_name=name, execution_name=report))
            events = history.body.to_map()["Events"]
            if any(event["Type"] == "TaskSubmitted" for event in events):
                token = json.loads(events[1]["EventDetail"])["input"]["token"]
                break
            time.sleep(0.05)
        if report == "yes":
            reply = FNF.report_task_succeeded(models.ReportTaskSucceededRequest(task_token=token, output='{"a": 1}'))
        else:
            reply = FNF.report_task_failed(models.ReportTaskFailedRequest(task_token=token, error="No", cause="because"))
        check(f"ReportTask {report}", reply.body.event_id > 0, reply.body)
        described = FNF.describe_execution(models.DescribeExecutionRequest(
            flow_name=name, execution_name=report, wait_time_seconds=10)).body
        equal(f"ReportTask {report}: status and output", (described.status, described.output or ""), (status, output))
    for one in (name, child):
        FNF.delete_flow(models.DeleteFlowRequest(name=one))


def map_run_of(flow_name, execution_name):
    for _ in range(200):
        history = FNF.get_execution_history(models.GetExecutionHistoryRequest(flow_name=flow_name, execution_name=execution_name))
        for event in history.body.to_map()["Events"]:
            if event["Type"] == "MapRunStarted":
                return json.loads(event["EventDetail"])["output"]["MapRunName"]
        time.sleep(0.05)
    raise AssertionError(f"{execution_name} began no map run")


def counts(**given):
    return {"Total": 0, "Pending": 0, "Running": 0, "Succeed": 0, "Failed": 0, "Aborted": 0, **given}


def map_runs():
    name = f"{NAME}-map"
    flow(name, DISTRIBUTED % name)
    FNF.start_execution(models.StartExecutionRequest(flow_name=name, execution_name="e", input='{"list": [1, 3, 2]}'))
    ended = FNF.describe_execution(models.DescribeExecutionRequest(flow_name=name, execution_name="e", wait_time_seconds=20))
    equal("a distributed map: status", ended.body.status, "Succeeded")
    items = json.loads(ended.body.output)["Items"]
    equal("a distributed map: items", (items[0], items[1]["Error"], items[2]), ({"Item": 1}, "TooLarge", {"Item": 2}))
    run = map_run_of(name, "e")
    described = FNF.describe_map_run(models.DescribeMapRunRequest(flow_name=name, execution_name="e", map_run_name=run))
    shown = {"MapRunName": run, "ExecutionName": "e", "Concurrency": 2, "ToleratedFailedCount": 1,
             "ToleratedFailedPercentage": 0.0, "StartedTime": TIME}
    same("DescribeMapRun", described, {
        **shown, "Status": "Succeeded", "StoppedTime": TIME, "ItemCounts": counts(Total=3, Succeed=2, Failed=1)})
    listed = FNF.list_executions(models.ListExecutionsRequest(flow_name=name, map_run_name=run)).body.to_map()
    equal("ListExecutions of a map run", sorted(one["Status"] for one in listed["Executions"]),
          ["Failed", "Succeeded", "Succeeded"])
    listed = FNF.list_executions(models.ListExecutionsRequest(flow_name=name)).body.to_map()
    equal("ListExecutions without its items", [one["Name"] for one in listed["Executions"]], ["e"])
    FNF.start_execution(models.StartExecutionRequest(flow_name=name, execution_name="w", input='{"list": [-1, -2, -3, -4]}'))
    run = map_run_of(name, "w")
    describe = models.DescribeMapRunRequest(flow_name=name, execution_name="w", map_run_name=run)
    for _ in range(200):
        if FNF.describe_map_run(describe).body.item_counts.running == 2:
            break
        time.sleep(0.05)
    update = models.UpdateMapRunRequest(
        flow_name=name, execution_name="w", map_run_name=run, concurrency=3, tolerated_failed_percentage=50)
    same("UpdateMapRun", FNF.update_map_run(update), {
        "FlowName": name, "ExecutionName": "w", "MapRunName": run, "Concurrency": 3, "ToleratedFailedCount": 1,
        "ToleratedFailedPercentage": 50.0})
    going = FNF.describe_map_run(describe)
    same("DescribeMapRun while it goes on", going, {
        **shown, "MapRunName": run, "ExecutionName": "w", "Concurrency": 3, "ToleratedFailedPercentage": 50.0,
        "Status": "Running", "StoppedTime": "", "ItemCounts": counts(Total=4, Running=3, Pending=1)})
    FNF.stop_execution(models.StopExecutionRequest(flow_name=name, execution_name="w"))
    stopped = FNF.describe_map_run(describe).body
    equal("DescribeMapRun after a stop", (stopped.status, stopped.item_counts.aborted), ("Aborted", 3))
    fails("UpdateMapRun after a stop", "MapRunAlreadyTerminated", 400, lambda: FNF.update_map_run(update))
    FNF.delete_flow(models.DeleteFlowRequest(name=name))


def express():
    name = f"{NAME}-quick"
    definition = QUICK % name
    flow(name, definition, "Express")
    for given, status, output, error in (('{"x": 2}', "Succeeded", '{"said":"yes"}', ""), ('{"x": 1}', "Failed", "", "TooSmall")):
        ran = FNF.start_sync_execution(models.StartSyncExecutionRequest(flow_name=name, execution_name="e", input=given))
        same(f"StartSyncExecution {status}", ran, {
            "Name": Text(r"e:[0-9A-Fa-f-]{36}"), "FlowName": name, "Status": status, "Output": output, "ErrorCode": error,
            "ErrorMessage": "it is not above one" if error else "", "StartedTime": TIME, "StoppedTime": TIME,
            "Environment": {"Variables": [{"Name": "A", "Value": "1"}]},
        })
    fails("StartSyncExecution of a standard flow", "InvalidExecutionMode", 400, lambda: FNF.start_sync_execution(
        models.StartSyncExecutionRequest(flow_name=NAME, input="{}")))
    FNF.delete_flow(models.DeleteFlowRequest(name=name))


def versions():
    published = FNF.publish_flow_version(models.PublishFlowVersionRequest(flow_name=NAME, description="first"))
    version = {"Version": "1", "Description": "first", "CreatedTime": TIME}
    same("PublishFlowVersion", published, {"FlowName": NAME, **version})
    FNF.publish_flow_version(models.PublishFlowVersionRequest(flow_name=NAME, description="second"))
    listed = FNF.list_flow_versions(models.ListFlowVersionsRequest(flow_name=NAME, limit="10"))
    same("ListFlowVersions", listed, {
        "FlowVersions": [{"Version": "2", "Description": "second", "CreatedTime": TIME}, version], "NextToken": ""})
    routes = [{"Version": "1", "Weight": 30}, {"Version": "2", "Weight": 70}]
    made = FNF.create_flow_alias(models.CreateFlowAliasRequest(
        flow_name=NAME, name="live", description="d",
        routing_configurations=[models.CreateFlowAliasRequestRoutingConfigurations(version=r["Version"], weight=r["Weight"])
                                for r in routes]))
    alias = {"Name": "live", "Description": "d", "RoutingConfigurations": routes, "CreatedTime": TIME}
    same("CreateFlowAlias", made, {"FlowName": NAME, **alias})
    same("DescribeFlowAlias", FNF.describe_flow_alias(models.DescribeFlowAliasRequest(flow_name=NAME, name="live")),
         {"Alias": alias})
    listed = FNF.list_flow_aliases(models.ListFlowAliasesRequest(flow_name=NAME)).body.to_map()
    equal("ListFlowAliases", [one["Name"] for one in listed["Aliases"]], ["live"])
    led = FNF.update_flow_alias(models.UpdateFlowAliasRequest(
        flow_name=NAME, name="live", description="d",
        routing_configurations=[models.UpdateFlowAliasRequestRoutingConfigurations(version="2", weight=100)]))
    same("UpdateFlowAlias", led, {"Alias": {**alias, "RoutingConfigurations": [{"Version": "2", "Weight": 100}]}})
    for qualifier in ("live", "1"):
        name = f"by-{qualifier}"
        FNF.start_execution(models.StartExecutionRequest(flow_name=NAME, execution_name=name, input="{}", qualifier=qualifier))
        ended = FNF.describe_execution(models.DescribeExecutionRequest(flow_name=NAME, execution_name=name, wait_time_seconds=10))
        equal(f"StartExecution by {qualifier}", ended.body.status, "Succeeded")
    fails("DeleteFlowVersion in use", "FlowVersionInUse", 400, lambda: FNF.delete_flow_version(
        models.DeleteFlowVersionRequest(flow_name=NAME, flow_version="2")))
    same("DeleteFlowVersion", FNF.delete_flow_version(models.DeleteFlowVersionRequest(flow_name=NAME, flow_version="1")), {})
    same("DeleteFlowAlias", FNF.delete_flow_alias(models.DeleteFlowAliasRequest(flow_name=NAME, name="live")), {})


def schedules():
    made = FNF.create_schedule(models.CreateScheduleRequest(
        flow_name=NAME, schedule_name="s", cron_expression="0 0 4 * * *", payload='{"x": 1}', enable=True, description="d"))
    shown = {"ScheduleId": ID, "ScheduleName": "s", "CronExpression": "0 0 4 * * *", "Payload": '{"x": 1}', "Description": "d",
             "Enable": True, "CreatedTime": TIME, "LastModifiedTime": TIME}
    same("CreateSchedule", made, shown)
    same("DescribeSchedule", FNF.describe_schedule(models.DescribeScheduleRequest(flow_name=NAME, schedule_name="s")), shown)
    same("ListSchedules", FNF.list_schedules(models.ListSchedulesRequest(flow_name=NAME)),
         {"Schedules": [shown], "NextToken": ""})
    changed = FNF.update_schedule(models.UpdateScheduleRequest(
        flow_name=NAME, schedule_name="s", cron_expression="@every 1h", payload='{"x": 2}', enable=False, description="e"))
    same("UpdateSchedule", changed, {**shown, "CronExpression": "@every 1h", "Payload": '{"x": 2}', "Enable": False,
                                     "Description": "e"})
    same("DeleteSchedule", FNF.delete_schedule(models.DeleteScheduleRequest(flow_name=NAME, schedule_name="s")), {})
    fails("DescribeSchedule of none", "ScheduleNotExists", 404, lambda: FNF.describe_schedule(
        models.DescribeScheduleRequest(flow_name=NAME, schedule_name="s")))


def rest():
    regions = FNF.describe_regions(models.DescribeRegionsRequest(accept_language="en-US")).body.to_map()
    equal("DescribeRegions", [one["RegionId"] for one in regions["Regions"]["Region"]], ["cn-hangzhou"])
    same("DeleteFlow", FNF.delete_flow(models.DeleteFlowRequest(name=NAME)), {})
    fails("DeleteFlow again", "FlowNotExists", 404, lambda: FNF.delete_flow(models.DeleteFlowRequest(name=NAME)))
    wrong = Client(Config(access_key_id="wrong", access_key_secret="wrong", endpoint=urlsplit(URL).netloc, protocol="http"))
    try:
        wrong.list_flows_with_options(models.ListFlowsRequest(), RuntimeOptions(autoretry=False))
        check("wrong keys", False)
    except Exception:
        check("wrong keys", True)


def main():
    for judge in (flows, executions, waiting, callbacks, map_runs, express, versions, schedules, rest):
        try:
            judge()
        except Exception:
            traceback.print_exc()
            failed.append(judge.__name__)
    print(f"{len(passed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
