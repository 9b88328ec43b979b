// Judges the local cloud's CDN in the older RPC dialect with the vendor's unmodified @alicloud/pop-core.
//
// Needs SDEV_LOCAL_URL, ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, and @alicloud/pop-core where
// Node finds it from the working folder. Prints `N passed, N failed`; the exit code says whether all passed.

import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';

const require = createRequire(`${process.cwd()}/`);
const { RPCClient } = require('@alicloud/pop-core');

const env = process.env;
let passed = 0;
let failed = 0;

function equal(name, got, expected) {
  // Replies have no prototype, which a deep comparison would count as a difference.
  if (JSON.stringify(got) === JSON.stringify(expected)) {
    passed += 1;
    return;
  }
  failed += 1;
  console.error(`FAILED ${name}:`, got, 'expected', expected);
}

function client(keys = {}) {
  return new RPCClient({
    endpoint: env.SDEV_LOCAL_URL,
    apiVersion: '2018-05-10',
    accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    ...keys,
  });
}

async function fails(name, code, call) {
  try {
    equal(name, await call(), code);
  } catch (error) {
    equal(name, error.code, code);
  }
}

const cdn = client();
const domain = `pop-${randomUUID().slice(0, 8)}.test`;
const sources = JSON.stringify([{ type: 'ipaddr', content: '127.0.0.1', port: 9, priority: '20' }]);
const post = { method: 'POST' };

async function judge() {
  const added = await cdn.request(
    'AddCdnDomain',
    { DomainName: domain, CdnType: 'web', Sources: sources, 'Tag.1.Key': 'a', 'Tag.1.Value': 'ü & b' },
    post,
  );
  equal('add: request id', typeof added.RequestId, 'string');
  await fails('add: twice', 'DomainAlreadyExist', () =>
    cdn.request('AddCdnDomain', { DomainName: domain, CdnType: 'web', Sources: sources }, post));

  const listed = await cdn.request('DescribeUserDomains', { DomainName: domain, PageSize: 10 });
  equal('list: total', listed.TotalCount, 1);
  equal('list: name', listed.Domains.PageData[0].DomainName, domain);
  const detail = await cdn.request('DescribeCdnDomainDetail', { DomainName: domain });
  equal('detail: source', detail.GetDomainDetailModel.SourceModels.SourceModel[0].Port, 9);

  const path = '/a b/ü+*~';
  const functions = JSON.stringify([
    { functionName: 'path_based_ttl_set', functionArgs: [{ argName: 'path', argValue: path }, { argName: 'ttl', argValue: '60' }] },
  ]);
  const set = await cdn.request('BatchSetCdnDomainConfig', { DomainNames: domain, Functions: functions }, post);
  const id = set.DomainConfigList.DomainConfigModel[0].ConfigId;
  equal('functions: id', typeof id, 'number');
  const configs = await cdn.request('DescribeCdnDomainConfigs', { DomainName: domain, FunctionNames: 'path_based_ttl_set' });
  const [config] = configs.DomainConfigs.DomainConfig;
  equal('functions: described', [config.ConfigId, config.Status], [String(id), 'success']);
  equal('functions: text survives', config.FunctionArgs.FunctionArg[0].ArgValue, path);

  const tagged = await cdn.request('DescribeTagResources', { ResourceType: 'DOMAIN', 'ResourceId.1': domain });
  equal('tags: described', tagged.TagResources, [{ ResourceId: domain, Tag: [{ Key: 'a', Value: 'ü & b' }] }]);
  const refreshed = await cdn.request('RefreshObjectCaches', { ObjectPath: `http://${domain}/x\nhttp://${domain}/y` }, post);
  const tasks = await cdn.request('DescribeRefreshTasks', { TaskId: refreshed.RefreshTaskId });
  equal('refresh: tasks', [tasks.TotalCount, tasks.Tasks.CDNTask[0].Status], [2, 'Complete']);

  await fails('keys: unknown id', 'InvalidAccessKeyId.NotFound', () =>
    client({ accessKeyId: 'nobody' }).request('DescribeUserDomains', {}));
  await fails('keys: wrong secret', 'SignatureDoesNotMatch', () =>
    client({ accessKeySecret: 'wrong' }).request('DescribeUserDomains', {}));
  await fails('actions: unknown', 'InvalidAction.NotFound', () => cdn.request('MakeCoffee', {}));
  await fails('actions: known, not served', 'NotImplemented', () => cdn.request('DescribeCdnUserQuota', {}));

  await cdn.request('DeleteCdnDomain', { DomainName: domain }, post);
  await fails('delete: gone', 'InvalidDomain.NotFound', () =>
    cdn.request('DescribeCdnDomainDetail', { DomainName: domain }));
}

try {
  await judge();
} catch (error) {
  failed += 1;
  console.error(error);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
