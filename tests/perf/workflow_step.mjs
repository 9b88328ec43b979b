// The handler that every step calls. Prints its port. A GET answers, for every thousand calls of those that name themselves,
// how many callers there were, how often the least and the most eager of them had called, and the seconds since the first call.
import { createServer } from 'node:http';

const calls = new Map();
let all = 0;
let begun;
const progress = [];

function count(name) {
  begun ??= performance.now();
  calls.set(name, (calls.get(name) ?? 0) + 1);
  all += 1;
  if (all % 1000 === 0) {
    const times = [...calls.values()];
    const seconds = (performance.now() - begun) / 1000;
    progress.push({ all, callers: times.length, fewest: Math.min(...times), most: Math.max(...times), seconds });
  }
}

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const told = parts.length ? JSON.parse(Buffer.concat(parts)) : {};
    if (told.name) count(told.name);
    const answer = request.method === 'GET' ? progress : { ok: true };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
});
server.keepAliveTimeout = 900_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
