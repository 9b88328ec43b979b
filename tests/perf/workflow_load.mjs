// Begins executions and waits for their end, IN_FLIGHT at a time for SECONDS; prints how many ended each second, and the median
// and 99th percentile of their milliseconds. WHOM is `sdev` or `restate`, URL the address. With `begin` COUNT executions are
// begun, and their ends are not waited for.
import { Agent, request } from 'node:http';
import { createHmac, randomUUID } from 'node:crypto';

const { WHOM, URL: url, IN_FLIGHT, SECONDS, COUNT } = process.env;
const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret } = process.env;
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

function send(address, type, body) {
  return new Promise((resolve, reject) => {
    const asked = request(address, { method: 'POST', agent, headers: { 'Content-Type': type } }, (reply) => {
      const parts = [];
      reply.on('data', (part) => parts.push(part));
      reply.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (reply.statusCode === 200) resolve(text);
        else reject(new Error(`${reply.statusCode} ${text}`));
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const strict = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

async function ask(action, parameters) {
  const all = {
    Action: action, Version: '2019-03-15', Format: 'JSON', AccessKeyId: id, SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0', SignatureNonce: randomUUID(), Timestamp: new Date().toISOString().replace(/\.\d+/, ''),
    FlowName: 'saga', ...parameters,
  };
  const form = Object.keys(all).sort().map((name) => `${strict(name)}=${strict(all[name])}`).join('&');
  const signature = createHmac('sha1', `${secret}&`).update(`POST&%2F&${strict(form)}`).digest('base64');
  return JSON.parse(await send(url, 'application/x-www-form-urlencoded', `${form}&Signature=${strict(signature)}`));
}

async function sdev() {
  const told = await ask('StartSyncExecution', { Input: '{}' });
  if (told.Status !== 'Succeeded') throw new Error(JSON.stringify(told));
}

const begin = () => ask('StartExecution', { Input: '{}' });

const restate = () => send(`${url}/saga/run`, 'application/json', '{}');

const one = { sdev, restate, begin }[WHOM];
const waits = [];
let left = Infinity;
let until = performance.now() + 1000;
let counts = false;
async function worker() {
  while (performance.now() < until && left-- > 0) {
    const began = performance.now();
    await one();
    if (counts) waits.push(performance.now() - began);
  }
}
const all = () => Promise.all(Array.from({ length: Number(IN_FLIGHT) }, worker));

async function rate() {
  counts = true;
  const began = performance.now();
  await all();
  const seconds = (performance.now() - began) / 1000;
  waits.sort((a, b) => a - b);
  const at = (part) => waits[Math.min(waits.length - 1, Math.floor(waits.length * part))];
  return { rate: waits.length / seconds, p50: at(0.5), p99: at(0.99) };
}

async function steady() {
  await all();
  until = performance.now() + 1000 * Number(SECONDS);
  return rate();
}

function crowd() {
  [left, until] = [Number(COUNT), Infinity];
  return rate();
}

console.log(JSON.stringify(await (WHOM === 'begin' ? crowd : steady)()));
process.exit();
