// Begins executions and waits for their end, IN_FLIGHT at a time for SECONDS; prints how many ended each second, and the median
// and 99th percentile of their milliseconds. WHOM is `sdev` or `restate`, URL the address.
import { Agent, request } from 'node:http';
import { createHmac, randomUUID } from 'node:crypto';

const { WHOM, URL: url, IN_FLIGHT, SECONDS, ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret } = process.env;
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

async function sdev() {
  const all = {
    Action: 'StartSyncExecution', Version: '2019-03-15', Format: 'JSON', AccessKeyId: id, SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0', SignatureNonce: randomUUID(), Timestamp: new Date().toISOString().replace(/\.\d+/, ''),
    FlowName: 'saga', Input: '{}',
  };
  const form = Object.keys(all).sort().map((name) => `${strict(name)}=${strict(all[name])}`).join('&');
  const signature = createHmac('sha1', `${secret}&`).update(`POST&%2F&${strict(form)}`).digest('base64');
  const text = await send(url, 'application/x-www-form-urlencoded', `${form}&Signature=${strict(signature)}`);
  if (JSON.parse(text).Status !== 'Succeeded') throw new Error(text);
}

const restate = () => send(`${url}/saga/run`, 'application/json', '{}');

const one = { sdev, restate }[WHOM];
const waits = [];
let end = performance.now() + 1000;
let counts = false;
async function worker() {
  while (performance.now() < end) {
    const began = performance.now();
    await one();
    if (counts) waits.push(performance.now() - began);
  }
}
const all = () => Promise.all(Array.from({ length: Number(IN_FLIGHT) }, worker));
await all();
counts = true;
const began = performance.now();
end = began + 1000 * Number(SECONDS);
await all();
const seconds = (performance.now() - began) / 1000;
waits.sort((a, b) => a - b);
const at = (part) => waits[Math.min(waits.length - 1, Math.floor(waits.length * part))];
console.log(JSON.stringify({ rate: waits.length / seconds, p50: at(0.5), p99: at(0.99) }));
process.exit();
