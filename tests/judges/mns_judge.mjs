// Judges the local cloud's MNS with the vendor's unmodified @alicloud/mns 1.2.0: every operation that it has.
//
// Needs SDEV_LOCAL_URL, ALIBABA_CLOUD_ACCOUNT_ID, ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET. Prints
// `N passed, N failed`; the exit code says whether all passed.

import { createRequire } from 'node:module';
import { createHash, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

const require = createRequire(`${process.cwd()}/`);
const Client = require('@alicloud/mns');

const env = process.env;
const run = `node-judge-${randomUUID().slice(0, 8)}`;
const url = env.SDEV_LOCAL_URL.replace(/\/$/, '');
const client = new Client(env.ALIBABA_CLOUD_ACCOUNT_ID, {
  endpoint: url,
  accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
  accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
});
let passed = 0;
let failed = 0;

function equal(label, got, expected) {
  if (isDeepStrictEqual(got, expected)) {
    passed += 1;
    return;
  }
  failed += 1;
  console.error(`FAILED ${label}:`, JSON.stringify(got), 'expected', JSON.stringify(expected));
}

async function fails(label, name, call) {
  try {
    equal(label, await call(), name);
  } catch (error) {
    equal(label, error.name, name);
  }
}

// Replaces by their sort what differs from run to run.
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const patterns = {
    MessageId: /^[0-9A-F]{32}$/,
    ReceiptHandle: /^1-[A-Za-z0-9_-]+$/,
    EnqueueTime: /^\d{13}$/,
    FirstDequeueTime: /^(\d{13}|0)$/,
    NextVisibleTime: /^\d{13}$/,
    CreateTime: /^\d{10}$/,
    LastModifyTime: /^\d{10}$/,
  };
  const fits = (key, one) => patterns[key]?.test(one);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fits(key, one) ? key : plain(one)]));
}

const digest = (text) => createHash('md5').update(text).digest('hex').toUpperCase();
const sent = (text) => ({ MessageId: 'MessageId', MessageBodyMD5: digest(text) });
const seen = (text, more = {}) => ({
  MessageId: 'MessageId',
  MessageBody: text,
  MessageBodyMD5: digest(text),
  EnqueueTime: 'EnqueueTime',
  FirstDequeueTime: 'FirstDequeueTime',
  DequeueCount: '0',
  Priority: '8',
  ...more,
});
const received = (text, more = {}) =>
  seen(text, { ReceiptHandle: 'ReceiptHandle', NextVisibleTime: 'NextVisibleTime', DequeueCount: '1', ...more });

async function queues() {
  const name = `${run}-q`;
  const made = await client.createQueue(name, { VisibilityTimeout: 45 });
  equal('a queue is made', made, { code: 201, headers: { location: `${url}/queues/${name}` }, body: undefined });
  const again = await client.createQueue(name, { VisibilityTimeout: 45 });
  equal('and there', [again.code, again.headers.location], [204, `${url}/queues/${name}`]);
  await fails('with other attributes', 'MNSQueueAlreadyExistError', () => client.createQueue(name));
  equal('it is changed', (await client.setQueueAttributes(name, { DelaySeconds: 0, PollingWaitSeconds: 1 })).code, 204);
  const attributes = {
    QueueName: name,
    CreateTime: 'CreateTime',
    LastModifyTime: 'LastModifyTime',
    DelaySeconds: '0',
    MaximumMessageSize: '65536',
    MessageRetentionPeriod: '345600',
    VisibilityTimeout: '45',
    PollingWaitSeconds: '1',
    ActiveMessages: '0',
    InactiveMessages: '0',
    DelayMessages: '0',
    LoggingEnabled: 'False',
  };
  equal('it is shown', plain((await client.getQueueAttributes(name)).body), attributes);
  const listed = await client.listQueue('', 10, run);
  equal('it is listed', listed.body, [{ QueueURL: `${url}/queues/${name}` }]);

  equal('a message is sent', plain((await client.sendMessage(name, { MessageBody: 'hällo' })).body), sent('hällo'));
  equal('it is seen', plain((await client.peekMessage(name)).body), seen('hällo'));
  const got = (await client.receiveMessage(name, 1)).body;
  equal('it is received', plain(got), received('hällo'));
  const hidden = (await client.changeMessageVisibility(name, got.ReceiptHandle, 100)).body;
  equal('it is hidden', plain(hidden), { ReceiptHandle: 'ReceiptHandle', NextVisibleTime: 'NextVisibleTime' });
  await fails('by a new handle', 'MNSMessageNotExistError', () => client.deleteMessage(name, got.ReceiptHandle));
  equal('it is deleted', (await client.deleteMessage(name, hidden.ReceiptHandle)).code, 204);
  await fails('there is no other', 'MNSMessageNotExistError', () => client.receiveMessage(name));

  const texts = ['a', 'b', 'c'];
  const batch = await client.batchSendMessage(name, texts.map((text) => ({ MessageBody: text })));
  equal('a batch is sent', plain(batch.body), texts.map((text) => sent(text)));
  equal('it is seen too', plain((await client.batchPeekMessage(name, 16)).body), texts.map((text) => seen(text)));
  const all = (await client.batchReceiveMessage(name, 16, 1)).body;
  equal('it is received too', plain(all), texts.map((text) => received(text)));
  const handles = all.map((one) => one.ReceiptHandle);
  equal('two are deleted', (await client.batchDeleteMessage(name, handles.slice(0, 2))).code, 204);
  const part = await client.batchDeleteMessage(name, handles.slice(1));
  const gone = { ErrorCode: 'MessageNotExist', ErrorMessage: 'Message not exist.', ReceiptHandle: handles[1] };
  equal('of two one', [part.code, part.body], [404, [gone]]);
  equal('the queue is deleted', (await client.deleteQueue(name)).code, 204);
  await fails('it is gone', 'MNSQueueNotExistError', () => client.getQueueAttributes(name));
}

async function topics() {
  const name = `${run}-t`;
  const made = await client.createTopic(name);
  equal('a topic is made', [made.code, made.headers.location], [201, `${url}/topics/${name}`]);
  equal('it is changed', (await client.setTopicAttributes(name, { MaximumMessageSize: 2048 })).code, 204);
  equal('a message is published', plain((await client.publishMessage(name, { MessageBody: 'x' })).body), sent('x'));
  const attributes = {
    TopicName: name,
    CreateTime: 'CreateTime',
    LastModifyTime: 'LastModifyTime',
    MaximumMessageSize: '2048',
    MessageRetentionPeriod: '86400',
    MessageCount: '1',
    LoggingEnabled: 'False',
  };
  equal('it is shown', plain((await client.getTopicAttributes(name)).body), attributes);
  equal('it is listed', (await client.listTopic('', 10, run)).body, [{ TopicURL: `${url}/topics/${name}` }]);
  await fails('another is not there', 'MNSTopicNotExistError', () => client.publishMessage('none', { MessageBody: 'x' }));
}

for (const part of [queues, topics]) {
  try {
    await part();
  } catch (error) {
    equal(part.name, error.stack, undefined);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
