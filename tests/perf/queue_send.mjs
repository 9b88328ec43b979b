// Sends the numbers from FROM, COUNT of them, as events to the function `queued`, IN_FLIGHT at a time. Ends early when the
// address does not answer any more. Prints the numbers that were accepted, and how many each second.
import { Agent, request } from 'node:http';
import { createHash, createHmac, randomUUID } from 'node:crypto';

const { URL: url, IN_FLIGHT, FROM, COUNT } = process.env;
const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret } = process.env;
const PATH = '/2023-03-30/functions/queued/invocations';
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const { host } = new URL(url);

function signed(body) {
  const headers = {
    host, 'x-acs-action': 'InvokeFunction', 'x-acs-content-sha256': sha256(body),
    'x-acs-date': new Date().toISOString().replace(/\.\d+/, ''), 'x-acs-signature-nonce': randomUUID(),
    'x-acs-version': '2023-03-30', 'x-fc-invocation-type': 'Async',
  };
  const names = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-acs-')).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = `POST\n${PATH}\n\n${lines}\n${names.join(';')}\n${headers['x-acs-content-sha256']}`;
  const signature = createHmac('sha256', secret).update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`).digest('hex');
  headers.authorization = `ACS3-HMAC-SHA256 Credential=${id},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return headers;
}

const send = (body) => new Promise((resolve, reject) => {
  const asked = request(url + PATH, { method: 'POST', agent, headers: signed(body) }, (reply) => {
    reply.on('error', reject);
    reply.resume();
    reply.on('end', () => resolve(reply.statusCode));
  });
  asked.on('error', reject);
  asked.end(body);
});

const accepted = [];
let next = Number(FROM);
const end = next + Number(COUNT);
let gone = false;
async function worker() {
  while (next < end && !gone) {
    const number = next++;
    try {
      const status = await send(String(number));
      if (status !== 202) throw new Error(`status ${status}`);
      accepted.push(number);
    } catch (error) {
      gone = true;
      if (error.message.startsWith('status')) console.error(error.message);
    }
  }
}
const began = performance.now();
await Promise.all(Array.from({ length: Number(IN_FLIGHT) }, worker));
console.log(JSON.stringify({ rate: (1000 * accepted.length) / (performance.now() - began), accepted }));
process.exit();
