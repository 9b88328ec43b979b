// Judges the local cloud's CloudFlow with the vendor's unmodified @alicloud/fnf-2019-03-15 1.2.0: every operation that it has.
//
// Needs SDEV_LOCAL_URL, ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET. Prints `N passed, N failed`; the
// exit code says whether all passed.

import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';

const require = createRequire(`${process.cwd()}/`);
const Client = require('@alicloud/fnf-2019-03-15');

const env = process.env;
const name = `node-judge-${randomUUID().slice(0, 8)}`;
const definition = '{version: v1, type: flow, steps: [{type: pass, name: p, outputMappings: [{target: x, source: $input.x}]}]}';
const client = new Client({
  endpoint: env.SDEV_LOCAL_URL,
  accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
  secretAccessKey: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
  accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
});
let passed = 0;
let failed = 0;

function equal(label, got, expected) {
  if (JSON.stringify(got) === JSON.stringify(expected)) {
    passed += 1;
    return;
  }
  failed += 1;
  console.error(`FAILED ${label}:`, JSON.stringify(got), 'expected', JSON.stringify(expected));
}

async function fails(label, code, call) {
  try {
    await call();
    equal(label, 'no error', code);
  } catch (error) {
    equal(label, error.code, code);
  }
}

const pick = (from, ...keys) => Object.fromEntries(keys.map((key) => [key, from[key]]));
const of = { FlowName: name };

async function flows() {
  const made = await client.createFlow({ Name: name, Definition: definition, Description: 'd', Type: 'FDL' });
  equal('CreateFlow', pick(made, 'Name', 'Definition', 'Type'), { Name: name, Definition: definition, Type: 'FDL' });
  await fails('CreateFlow again', 'FlowAlreadyExists', () =>
    client.createFlow({ Name: name, Definition: definition, Description: 'd', Type: 'FDL' }));
  equal('DescribeFlow', (await client.describeFlow({ Name: name })).Description, 'd');
  equal('UpdateFlow', (await client.updateFlow({ Name: name, Description: 'e' })).Description, 'e');
  equal('ListFlows', (await client.listFlows({ Limit: 100 })).Flows.some((flow) => flow.Name === name), true);
  await fails('DescribeFlow of none', 'FlowNotExists', () => client.describeFlow({ Name: 'nobody' }));
}

async function executions() {
  const input = JSON.stringify({ x: 'ü & +' });
  await client.startExecution({ ...of, ExecutionName: 'one', Input: input });
  const ended = await client.describeExecution({ ...of, ExecutionName: 'one', WaitTimeSeconds: 10 });
  equal('DescribeExecution', [ended.Status, ended.Output], ['Succeeded', input]);
  const history = await client.getExecutionHistory({ ...of, ExecutionName: 'one' });
  const types = ['ExecutionStarted', 'StepEntered', 'StepExited', 'ExecutionSucceeded'];
  equal('GetExecutionHistory', history.Events.map((event) => event.Type), types);
  const listed = await client.listExecutions({ ...of, Status: 'Succeeded' });
  equal('ListExecutions', listed.Executions.map((one) => one.Name), ['one']);
  await fails('StopExecution', 'ExecutionAlreadyTerminated', () =>
    client.stopExecution({ ...of, ExecutionName: 'one', Error: 'E', Cause: 'c' }));
  await fails('ReportTaskSucceeded', 'InvalidArgument', () => client.reportTaskSucceeded({ TaskToken: 'bm9uZQ==', Output: '{}' }));
  await fails('ReportTaskFailed', 'InvalidArgument', () => client.reportTaskFailed({ TaskToken: 'bm9uZQ==', Error: 'E' }));
}

async function schedules() {
  const wanted = { ...of, ScheduleName: 's', CronExpression: '@every 1h', Payload: '{"x":1}', Enable: true };
  const made = await client.createSchedule(wanted);
  equal('CreateSchedule', pick(made, 'ScheduleName', 'CronExpression', 'Payload', 'Enable'), {
    ScheduleName: 's', CronExpression: '@every 1h', Payload: '{"x":1}', Enable: true });
  equal('DescribeSchedule', (await client.describeSchedule({ ...of, ScheduleName: 's' })).Payload, '{"x":1}');
  equal('UpdateSchedule', (await client.updateSchedule({ ...of, ScheduleName: 's', Enable: false })).Enable, false);
  equal('ListSchedules', (await client.listSchedules(of)).Schedules.length, 1);
  await client.deleteSchedule({ ...of, ScheduleName: 's' });
  await fails('DeleteSchedule again', 'ScheduleNotExists', () => client.deleteSchedule({ ...of, ScheduleName: 's' }));
}

for (const judge of [flows, executions, schedules]) {
  try {
    await judge();
  } catch (error) {
    failed += 1;
    console.error(judge.name, error);
  }
}
await client.deleteFlow({ Name: name });
await fails('DeleteFlow again', 'FlowNotExists', () => client.deleteFlow({ Name: name }));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
