// The vendor's ali-oss SDK for Node, unmodified, against a local cloud: signatures V1 and V4, bucket by Host and by path.

import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import process from 'node:process';
import OSS from 'ali-oss';

const url = process.env.SDEV_LOCAL_URL;
const accessKeyId = process.env.ALIBABA_CLOUD_ACCESS_KEY_ID;
const accessKeySecret = process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET;
const region = process.env.ALIBABA_CLOUD_REGION_ID || 'cn-hangzhou';

let passed = 0;
const failed = [];

function check(name, got, expected) {
  if (JSON.stringify(got) === JSON.stringify(expected)) passed += 1;
  else failed.push(`${name}: got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
}

async function refused(name, call, status, code) {
  try {
    await call();
  } catch (error) {
    check(name, [error.status, error.code], [status, code]);
    return;
  }
  failed.push(`${name}: was not refused`);
}

function client(options) {
  return new OSS({ accessKeyId, accessKeySecret, endpoint: url, region: `oss-${region}`, ...options });
}

const md5 = (bytes) => createHash('md5').update(bytes).digest('hex').toUpperCase();

async function buckets(label, api, bucket) {
  await api.putBucket(bucket, { acl: 'private' });
  await api.putBucket(bucket);
  const listed = await api.listBuckets({ prefix: bucket });
  check(`${label} listed`, listed.buckets.map((b) => [b.name, b.storageClass]), [[bucket, 'Standard']]);
  api.useBucket(bucket);
  const info = await api.getBucketInfo(bucket);
  check(`${label} info`, [info.bucket.Name, info.bucket.AccessControlList.Grant], [bucket, 'private']);
  check(`${label} location`, (await api.getBucketLocation(bucket)).location, `oss-${region}`);
  check(`${label} stat`, (await api.getBucketStat(bucket)).stat.ObjectCount, '0');
  await api.putBucketACL(bucket, 'public-read');
  check(`${label} acl`, (await api.getBucketACL(bucket)).acl, 'public-read');
  await api.putBucketACL(bucket, 'private');
  await refused(`${label} no website`, () => api.getBucketWebsite(bucket), 404, 'NoSuchWebsiteConfiguration');
  await api.putBucketWebsite(bucket, { index: 'index.html', error: '404.html', supportSubDir: 'true', type: '0' });
  const site = await api.getBucketWebsite(bucket);
  check(`${label} website`, [site.index, site.error, site.supportSubDir, site.type], ['index.html', '404.html', 'true', '0']);
  await api.deleteBucketWebsite(bucket);
  await api.putBucketTags(bucket, { owner: 'sdev' });
  check(`${label} tags`, (await api.getBucketTags(bucket)).tag, { owner: 'sdev' });
  await api.deleteBucketTags(bucket);
  await refused(`${label} cors refused`, () => api.getBucketCORS(bucket), 501, 'NotImplemented');
}

async function objects(label, api, bucket) {
  const key = 'dir/a b+c%2f\u4e2d&?.txt';
  const body = Buffer.from([104, 105, 0, 255, 32, 10]);
  const put = await api.put(key, body, { mime: 'text/plain', meta: { author: 'someone' }, headers: { 'Cache-Control': 'no-cache' } });
  check(`${label} put`, put.res.headers.etag, `"${md5(body)}"`);
  const got = await api.get(key);
  check(`${label} bytes`, got.content.toString('hex'), body.toString('hex'));
  const { headers } = got.res;
  check(`${label} headers`, [headers['content-type'], headers['cache-control'], headers['x-oss-meta-author']], ['text/plain', 'no-cache', 'someone']);
  const head = await api.head(key);
  check(`${label} head`, [head.status, head.meta, head.res.headers['content-length']], [200, { author: 'someone' }, '6']);
  const meta = await api.getObjectMeta(key);
  check(`${label} meta`, [meta.status, meta.res.headers.etag], [200, `"${md5(body)}"`]);
  const part = await api.get(key, { headers: { Range: 'bytes=1-2' } });
  check(`${label} range`, [part.res.status, part.content.toString('hex')], [206, '6900']);
  await refused(`${label} no key`, () => api.get('nothing'), 404, 'NoSuchKey');
  await refused(`${label} head of no key`, () => api.head('nothing'), 404, 'NoSuchKey');
  await refused(`${label} precondition`, () => api.get(key, { headers: { 'If-Match': '"0"' } }), 412, 'PreconditionFailed');
  await api.putStream('stream', Readable.from([Buffer.from('ab'), Buffer.from('cd')]));
  check(`${label} stream`, (await api.get('stream')).content.toString(), 'abcd');
  const large = randomBytes(2_500_000);
  await api.put('large', large);
  check(`${label} large`, md5((await api.get('large')).content), md5(large));
  const stream = await api.getStream('large');
  const chunks = [];
  for await (const chunk of stream.stream) chunks.push(chunk);
  check(`${label} get stream`, md5(Buffer.concat(chunks)), md5(large));
  await api.copy('copy', key);
  check(`${label} copy`, (await api.get('copy')).content.toString('hex'), body.toString('hex'));
  await api.putMeta('copy', { author: 'other' });
  check(`${label} new meta`, (await api.head('copy')).meta, { author: 'other' });
  await api.putACL('copy', 'public-read');
  check(`${label} object acl`, (await api.getACL('copy')).acl, 'public-read');
  await api.putObjectTagging('copy', { a: '1' });
  check(`${label} object tags`, (await api.getObjectTagging('copy')).tag, { a: '1' });
  await api.deleteObjectTagging('copy');
  check(`${label} delete`, (await api.delete('copy')).res.status, 204);
  const deleted = await api.deleteMulti(['stream', key]);
  check(`${label} multi-delete`, deleted.deleted.map((d) => d.Key).sort(), ['stream', key].sort());
  check(`${label} quiet`, (await api.deleteMulti(['stream'], { quiet: true })).deleted, []);
  let log = await api.append('log', Buffer.from('one '));
  log = await api.append('log', Buffer.from('two'), { position: log.nextAppendPosition });
  check(`${label} append`, [log.nextAppendPosition, (await api.get('log')).content.toString()], ['7', 'one two']);
  await refused(`${label} wrong position`, () => api.append('log', Buffer.from('x'), { position: 2 }), 409, 'PositionNotEqualToLength');
  check(`${label} empty`, (await api.put('empty', Buffer.alloc(0))).res.status, 200);
}

async function parts(label, api) {
  const whole = randomBytes(450_000);
  const upload = await api.multipartUpload('multi', whole, { partSize: 150_000, parallel: 3, mime: 'a/b' });
  check(`${label} multipart`, [upload.res.status, upload.etag.endsWith('-3"')], [200, true]);
  const got = await api.get('multi');
  check(`${label} multipart content`, [md5(got.content), got.res.headers['content-type'], got.res.headers['x-oss-object-type']], [md5(whole), 'a/b', 'Multipart']);
  const started = await api.initMultipartUpload('aborted');
  await api.uploadPart('aborted', started.uploadId, 1, Buffer.from('x'), 0, 1).catch(() => {});
  const uploads = await api.listUploads({ prefix: 'abo' });
  check(`${label} uploads`, uploads.uploads.map((u) => u.uploadId), [started.uploadId]);
  const copied = await api.uploadPartCopy('aborted', started.uploadId, 2, '0-99', { sourceKey: 'multi', sourceBucketName: api.options.bucket });
  check(`${label} part copied`, copied.etag, `"${md5(whole.subarray(0, 100))}"`);
  await api.abortMultipartUpload('aborted', started.uploadId);
  await refused(`${label} aborted`, () => api.listParts('aborted', started.uploadId), 404, 'NoSuchUpload');
  await api.multipartUploadCopy('multi-copy', { sourceKey: 'multi', sourceBucketName: api.options.bucket }, { partSize: 150_000 });
  check(`${label} multipart copy`, md5((await api.get('multi-copy')).content), md5(whole));
}

async function listings(label, api) {
  const keys = [];
  for (const letter of 'abc') for (let number = 0; number < 3; number += 1) keys.push(`list/${letter}/${number}`);
  keys.push('list/z \u4e2d+&<>');
  for (const key of keys) await api.put(key, Buffer.from(key));
  for (const size of [1, 3, 7]) {
    let [marker, found] = [undefined, []];
    do {
      const page = await api.list({ prefix: 'list/', 'max-keys': size, ...(marker && { marker }) });
      found.push(...(page.objects || []).map((o) => o.name));
      marker = page.nextMarker;
    } while (marker);
    check(`${label} v1 pages of ${size}`, found, keys);
    let token;
    found = [];
    do {
      const page = await api.listV2({ prefix: 'list/', 'max-keys': size, ...(token && { 'continuation-token': token }) });
      found.push(...(page.objects || []).map((o) => o.name));
      token = page.nextContinuationToken;
    } while (token);
    check(`${label} v2 pages of ${size}`, found, keys);
  }
  const rolled = await api.listV2({ prefix: 'list/', delimiter: '/' });
  check(`${label} rolled up`, [rolled.prefixes, rolled.objects.map((o) => o.name)], [['list/a/', 'list/b/', 'list/c/'], [keys.at(-1)]]);
  const entry = rolled.objects[0];
  check(`${label} entry`, [entry.etag, entry.size, entry.type], [`"${md5(keys.at(-1))}"`, Buffer.byteLength(keys.at(-1)), 'Normal']);
}

async function signing(label, options, bucket) {
  const wrong = client({ ...options, accessKeySecret: 'wrong', bucket });
  await refused(`${label} wrong secret`, () => wrong.get('log'), 403, 'SignatureDoesNotMatch');
  const nobody = client({ ...options, accessKeyId: 'nobody', bucket });
  await refused(`${label} wrong key`, () => nobody.list({}), 403, 'InvalidAccessKeyId');
  const stranger = await fetch(`${url}/${bucket}/log`);
  check(`${label} stranger`, [stranger.status, (await stranger.text()).includes('<Code>AccessDenied</Code>')], [403, true]);
}

async function remove(label, api, bucket) {
  await refused(`${label} not empty`, () => api.deleteBucket(bucket), 409, 'BucketNotEmpty');
  const all = await api.listV2({ 'max-keys': 1000 });
  await api.deleteMulti(all.objects.map((o) => o.name), { quiet: true });
  check(`${label} emptied`, ((await api.listV2({})).objects || []).length, 0);
  await api.deleteBucket(bucket);
  await refused(`${label} gone`, () => api.listV2({}), 404, 'NoSuchBucket');
}

async function judge(label, options) {
  const bucket = `judge-${randomBytes(6).toString('hex')}`;
  const api = client(options);
  await buckets(label, api, bucket);
  await objects(label, api, bucket);
  await parts(label, api);
  await listings(label, api);
  await signing(label, options, bucket);
  await remove(label, api, bucket);
}

const local = url.replace('127.0.0.1', 'localhost');
for (const [label, options] of [
  ['V1', {}],
  ['V4', { authorizationV4: true }],
  ['V1 by path', { endpoint: local, sldEnable: true }],
  ['V4 by path', { endpoint: local, sldEnable: true, authorizationV4: true }],
]) {
  try {
    await judge(label, options);
  } catch (error) {
    console.error(error);
    failed.push(`${label}: stopped by ${error.name}: ${error.message}`);
  }
}
for (const failure of failed) console.log('FAILED', failure);
console.log(`ali-oss: ${passed} passed, ${failed.length} failed`);
process.exit(failed.length || !passed ? 1 : 0);
