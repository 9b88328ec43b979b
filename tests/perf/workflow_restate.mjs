// The peer's service: four durable steps, each a call to the same handler. STEP is its address, PORT where this listens.
import { Agent, request } from 'node:http';

// The peer's client needs a newer Node than Debian has.
Promise.withResolvers ??= function withResolvers() {
  let resolve;
  let reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
};
const restate = await import('@restatedev/restate-sdk');

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const step = () =>
  new Promise((resolve, reject) => {
    const asked = request(process.env.STEP, { method: 'POST', agent }, (reply) => {
      const parts = [];
      reply.on('data', (part) => parts.push(part));
      reply.on('end', () => resolve(JSON.parse(Buffer.concat(parts))));
    });
    asked.on('error', reject);
    asked.end('{}');
  });

const saga = restate.service({
  name: 'saga',
  handlers: {
    run: async (context) => {
      for (const name of ['one', 'two', 'three', 'four']) await context.run(name, step);
      return { ok: true };
    },
  },
});
restate.serve({ services: [saga], port: Number(process.env.PORT) });
