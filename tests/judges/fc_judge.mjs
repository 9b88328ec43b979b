// Judges the local cloud's Function Compute 3.0 with the vendor's unmodified @alicloud/fc20230330.
//
// Needs SDEV_LOCAL_URL, ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, and the client where Node finds
// it from the working folder. Replies are compared whole, as the client's models read them. Prints `N passed, N failed`; the
// exit code says whether all passed.

import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';

const require = createRequire(`${process.cwd()}/`);
const { default: Client, ...sdk } = require('@alicloud/fc20230330');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const { RuntimeOptions } = require('@darabonba/typescript');

const env = process.env;
const region = env.ALIBABA_CLOUD_REGION_ID ?? 'cn-hangzhou';
const name = `node-judge-${randomUUID().slice(0, 8)}`;
const TIME = /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const ANY = /^/;
let passed = 0;
let failed = 0;

// Whether `got` is `expected`; a pattern stands for any text that it fits.
function fits(got, expected) {
  if (expected instanceof RegExp) {
    return typeof got === 'string' && expected.test(got);
  }
  if (expected === null || typeof expected !== 'object') {
    return got === expected;
  }
  const keys = (value) => Object.keys(value).filter((key) => value[key] !== undefined).sort();
  return (
    got !== null && typeof got === 'object' && Array.isArray(got) === Array.isArray(expected) &&
    keys(got).join() === keys(expected).join() && keys(expected).every((key) => fits(got[key], expected[key]))
  );
}

function equal(label, got, expected) {
  if (fits(got, expected)) {
    passed += 1;
    return;
  }
  failed += 1;
  console.error(`FAILED ${label}:`, JSON.stringify(got), 'expected', expected);
}

// Compares status and whole body of an answer.
function same(label, answer, expected) {
  equal(`${label}: status`, answer.statusCode, 200);
  equal(label, answer.body?.toMap(), expected);
}

async function fails(label, code, status, call) {
  try {
    await call();
    equal(label, 'no error', code);
  } catch (error) {
    equal(label, [error.code, error.statusCode], [code, status]);
  }
}

function client(keys = {}) {
  const config = new $OpenApiUtil.Config({
    accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    endpoint: new URL(env.SDEV_LOCAL_URL).host,
    protocol: 'HTTP',
    regionId: region,
    ...keys,
  });
  return new Client(config);
}

// A zip archive of one file, stored as it is.
function archive(text) {
  const file = Buffer.from('index.js');
  const data = Buffer.from(text);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt32LE(crc32(data), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(data.length, 18);
  common.writeUInt16LE(file.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, file, data]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, Buffer.alloc(14), file]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06'), end]).toString('base64');
}

const code = (word) =>
  new sdk.InputCodeLocation({
    zipFile: archive(`exports.handler = async (event, context) => ({ word: ${JSON.stringify(word)}, event: event.toString(), `
      + 'version: context.function.name });'),
  });

async function run(fc, event, more = {}, headers = {}) {
  const request = new sdk.InvokeFunctionRequest({ body: Readable.from([Buffer.from(event)]), ...more });
  const answer = await fc.invokeFunctionWithOptions(name, request, new sdk.InvokeFunctionHeaders(headers), new RuntimeOptions({}));
  const parts = [];
  for await (const part of answer.body) {
    parts.push(part);
  }
  return { ...answer, text: Buffer.concat(parts).toString() };
}

async function judgeFunction(fc) {
  const input = new sdk.CreateFunctionInput({
    functionName: name, runtime: 'nodejs20', handler: 'index.handler', timeout: 20, memorySize: 128, description: 'ü',
    environmentVariables: { A: '1' }, code: code('one'),
  });
  const create = new sdk.CreateFunctionRequest({ body: input });
  const shown = {
    functionName: name, functionId: ANY, functionArn: new RegExp(`:functions/${name}$`), runtime: 'nodejs20',
    handler: 'index.handler', timeout: 20, memorySize: 128, description: 'ü', environmentVariables: { A: '1' }, cpu: 0.1,
    diskSize: 512, instanceConcurrency: 1, internetAccess: true, layers: [], tags: [], state: 'Active', codeChecksum: /^\d+$/,
    lastUpdateStatus: 'Successful', createdTime: TIME, lastModifiedTime: TIME, invocationRestriction: { disable: false },
  };
  const made = await fc.createFunction(create);
  shown.codeSize = made.body.codeSize;
  equal('create: size', made.body.codeSize > 100, true);
  same('create', made, shown);
  await fails('create: twice', 'FunctionAlreadyExists', 409, () => fc.createFunction(create));
  same('get', await fc.getFunction(name, new sdk.GetFunctionRequest({})), shown);
  const listed = await fc.listFunctions(new sdk.ListFunctionsRequest({ prefix: name }));
  same('list', listed, { functions: [shown] });

  const said = await run(fc, 'grüß', {}, { xFcLogType: 'Tail' });
  equal('invoke', JSON.parse(said.text), { word: 'one', event: 'grüß', version: name });
  const log = Buffer.from(said.headers['x-fc-log-result'] ?? '', 'base64').toString();
  equal('invoke: log', log, new RegExp(`FC Invoke Start RequestId: ${said.headers['x-fc-request-id']}`));
  const update = new sdk.UpdateFunctionInput({ code: code('two'), timeout: 30 });
  const updated = await fc.updateFunction(name, new sdk.UpdateFunctionRequest({ body: update }));
  same('update', updated, { ...shown, timeout: 30, codeSize: updated.body.codeSize });
  equal('update: runs', JSON.parse((await run(fc, '')).text).word, 'two');
  const place = await fc.getFunctionCode(name, new sdk.GetFunctionCodeRequest({}));
  equal('code', (await fetch(place.body.url)).status, 200);
  equal('code: checksum', place.body.checksum, updated.body.codeChecksum);
  const later = await run(fc, '', {}, { xFcInvocationType: 'Async' });
  equal('async: kept', later.statusCode, 202);
}

async function judgeVersions(fc) {
  const version = (versionId, description) => ({ versionId, description, createdTime: TIME, lastModifiedTime: TIME });
  const publish = (description) =>
    fc.publishFunctionVersion(name, new sdk.PublishFunctionVersionRequest({ body: new sdk.PublishVersionInput({ description }) }));
  same('version: publish', await publish('first'), version('1', 'first'));
  const body = new sdk.UpdateFunctionInput({ code: code('three') });
  await fc.updateFunction(name, new sdk.UpdateFunctionRequest({ body }));
  same('version: next', await publish('second'), version('2', 'second'));
  equal('version: runs', JSON.parse((await run(fc, '', { qualifier: '1' })).text).word, 'two');
  const list = await fc.listFunctionVersions(name, new sdk.ListFunctionVersionsRequest({ limit: 1 }));
  same('version: list', list, { versions: [version('2', 'second')], direction: 'BACKWARD', nextToken: '1' });

  const alias = { aliasName: 'prod', versionId: '1', description: 'live' };
  const shown = { ...alias, additionalVersionWeight: {}, createdTime: TIME, lastModifiedTime: TIME };
  const create = new sdk.CreateAliasRequest({ body: new sdk.CreateAliasInput(alias) });
  same('alias: create', await fc.createAlias(name, create), shown);
  await fails('alias: twice', 'AliasAlreadyExists', 409, () => fc.createAlias(name, create));
  const moved = new sdk.UpdateAliasInput({ versionId: '2', additionalVersionWeight: { 1: 0.1 } });
  const expected = { ...shown, versionId: '2', additionalVersionWeight: { 1: 0.1 } };
  same('alias: update', await fc.updateAlias(name, 'prod', new sdk.UpdateAliasRequest({ body: moved })), expected);
  same('alias: get', await fc.getAlias(name, 'prod'), expected);
  same('alias: list', await fc.listAliases(name, new sdk.ListAliasesRequest({})), { aliases: [expected] });
  const words = {};
  for (let turn = 0; turn < 10; turn += 1) {
    const { word } = JSON.parse((await run(fc, '', { qualifier: 'prod' })).text);
    words[word] = (words[word] ?? 0) + 1;
  }
  equal('alias: weights', words, { three: 9, two: 1 });
  equal('alias: delete', (await fc.deleteAlias(name, 'prod')).statusCode, 204);
  await fails('alias: gone', 'AliasNotFound', 404, () => fc.getAlias(name, 'prod'));
  equal('version: delete', (await fc.deleteFunctionVersion(name, '1')).statusCode, 204);
  await fails('version: gone', 'VersionNotFound', 404, () => run(fc, '', { qualifier: '1' }));
}

async function judgeParts(fc) {
  const triggerConfig = JSON.stringify({ authType: 'anonymous', methods: ['GET'] });
  const input = new sdk.CreateTriggerInput({ triggerName: 'web', triggerType: 'http', triggerConfig });
  const made = await fc.createTrigger(name, new sdk.CreateTriggerRequest({ body: input }));
  equal('trigger: create', [made.body.triggerName, made.body.triggerConfig], ['web', triggerConfig]);
  const page = await fetch(made.body.httpTrigger.urlInternet);
  equal('trigger: address', [page.status, JSON.parse(await page.text()).word], [200, 'three']);
  const triggers = await fc.listTriggers(name, new sdk.ListTriggersRequest({}));
  equal('trigger: list', triggers.body.triggers.map((trigger) => trigger.triggerName), ['web']);
  equal('trigger: get', (await fc.getTrigger(name, 'web')).body.triggerId, made.body.triggerId);
  const change = new sdk.UpdateTriggerRequest({ body: new sdk.UpdateTriggerInput({ description: 'new' }) });
  equal('trigger: update', (await fc.updateTrigger(name, 'web', change)).body.description, 'new');
  equal('trigger: delete', (await fc.deleteTrigger(name, 'web')).statusCode, 204);
  await fails('trigger: gone', 'TriggerNotFound', 404, () => fc.getTrigger(name, 'web'));

  const functionArn = new RegExp(`:functions/${name}$`);
  const reserve = new sdk.PutConcurrencyInput({ reservedConcurrency: 3 });
  const reserved = { functionArn, reservedConcurrency: 3 };
  same('concurrency: put', await fc.putConcurrencyConfig(name, new sdk.PutConcurrencyConfigRequest({ body: reserve })), reserved);
  same('concurrency: get', await fc.getConcurrencyConfig(name), reserved);
  equal('concurrency: delete', (await fc.deleteConcurrencyConfig(name)).statusCode, 204);
  const asynchronous = new sdk.PutAsyncInvokeConfigInput({ maxAsyncRetryAttempts: 1, maxAsyncEventAgeInSeconds: 60 });
  const kept = {
    functionArn, maxAsyncRetryAttempts: 1, maxAsyncEventAgeInSeconds: 60, asyncTask: false, destinationConfig: {},
    createdTime: TIME, lastModifiedTime: TIME,
  };
  same('async: put', await fc.putAsyncInvokeConfig(name, new sdk.PutAsyncInvokeConfigRequest({ body: asynchronous })), kept);
  same('async: get', await fc.getAsyncInvokeConfig(name, new sdk.GetAsyncInvokeConfigRequest({})), kept);

  const domainName = `${name}.test`;
  const routeConfig = new sdk.RouteConfig({ routes: [new sdk.PathConfig({ path: '/*', functionName: name, qualifier: '2' })] });
  const domain = new sdk.CreateCustomDomainInput({ domainName, protocol: 'HTTP', routeConfig });
  const bound = await fc.createCustomDomain(new sdk.CreateCustomDomainRequest({ body: domain }));
  equal('domain: create', [bound.body.domainName, bound.body.routeConfig.routes[0].qualifier], [domainName, '2']);
  const visited = await fetch(`${env.SDEV_LOCAL_URL.replace(/\/$/, '')}/_site/${domainName}/x`);
  equal('domain: leads to the version', JSON.parse(await visited.text()).word, 'three');
  equal('domain: delete', (await fc.deleteCustomDomain(domainName)).statusCode, 204);
  await fails('domain: gone', 'DomainNameNotFound', 404, () => fc.getCustomDomain(domainName));
  equal('delete', (await fc.deleteFunction(name)).statusCode, 204);
  await fails('delete: gone', 'FunctionNotFound', 404, () => fc.deleteFunction(name));
  await fails('keys: wrong secret', 'SignatureDoesNotMatch', 403, () =>
    client({ accessKeySecret: 'wrong' }).listFunctions(new sdk.ListFunctionsRequest({})));
}

async function judgeLayers(fc) {
  const layer = `${name}-layer`;
  const publish = (word) => {
    const body = new sdk.CreateLayerVersionInput({ code: code(word), compatibleRuntime: ['nodejs20'], description: word });
    return fc.createLayerVersion(layer, new sdk.CreateLayerVersionRequest({ body }));
  };
  const shown = (version, word, acl = '0') => ({
    layerName: layer, version, layerVersionArn: new RegExp(`^acs:fc:${region}:\\d+:layers/${layer}/versions/${version}$`),
    compatibleRuntime: ['nodejs20'], description: word, license: '', acl, codeChecksum: /^\d+$/,
    codeSize: Buffer.from(code(word).zipFile, 'base64').length, createTime: TIME, code: { location: /^http:/, repositoryType: 'OSS' },
  });
  const first = await publish('one');
  same('layer: publish', first, shown(1, 'one'));
  same('layer: next', await publish('two'), shown(2, 'two'));
  same('layer: by its ARN', await fc.getLayerVersionByArn(first.body.layerVersionArn), shown(1, 'one'));
  same('layer: versions', await fc.listLayerVersions(layer, new sdk.ListLayerVersionsRequest({ limit: 1 })), { layers: [shown(1, 'one')], nextVersion: 2 });
  equal('layer: acl', (await fc.putLayerACL(layer, new sdk.PutLayerACLRequest({ public: 'true' }))).statusCode, 204);
  same('layer: list', await fc.listLayers(new sdk.ListLayersRequest({ prefix: layer, public: 'true' })), { layers: [shown(2, 'two', '1')] });
  for (const version of ['1', '2']) {
    equal(`layer: delete ${version}`, (await fc.deleteLayerVersion(layer, version)).statusCode, 204);
  }
  await fails('layer: gone', 'LayerNotFound', 404, () => fc.getLayerVersion(layer, '1'));
}

async function judgeTasks(fc) {
  await fc.createFunction(new sdk.CreateFunctionRequest({
    body: new sdk.CreateFunctionInput({ functionName: name, runtime: 'nodejs20', handler: 'index.handler', code: code('task'), timeout: 20 }),
  }));
  const config = new sdk.PutAsyncInvokeConfigInput({ asyncTask: true });
  await fc.putAsyncInvokeConfig(name, new sdk.PutAsyncInvokeConfigRequest({ body: config }));
  const send = () => run(fc, 'e', {}, { xFcInvocationType: 'Async', xFcAsyncTaskId: 'task-1' });
  equal('task: accepted', (await send()).statusCode, 202);
  await fails('task: an id is given once', 'StatefulAsyncInvocationAlreadyExists', 409, send);
  const get = async () => (await fc.getAsyncTask(name, 'task-1', new sdk.GetAsyncTaskRequest({}))).body;
  for (let tries = 0; tries < 600 && (await get()).status !== 'Succeeded'; tries += 1) {
    await new Promise((done) => setTimeout(done, 50));
  }
  const task = await get();
  equal('task: events', task.events.map((event) => event.status), ['Enqueued', 'Running', 'Succeeded']);
  equal('task: answer', JSON.parse(task.returnPayload).word, 'task');
  const listed = await fc.listAsyncTasks(name, new sdk.ListAsyncTasksRequest({ prefix: 'task-', status: 'Succeeded' }));
  equal('task: list', listed.body.tasks.map((one) => one.taskId), ['task-1']);
  await fails('task: stop none', 'StatefulAsyncInvocationNotFound', 404, () => fc.stopAsyncTask(name, 'none', new sdk.StopAsyncTaskRequest({})));
  await fc.deleteFunction(name);
}

const fc = client();
for (const judgement of [judgeFunction, judgeVersions, judgeLayers, judgeParts, judgeTasks]) {
  try {
    await judgement(fc);
  } catch (error) {
    failed += 1;
    console.error(`FAILED ${judgement.name}:`, error);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
