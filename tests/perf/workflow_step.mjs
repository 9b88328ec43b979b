// The handler that every step calls. Prints its port.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"ok":true}'));
});
server.keepAliveTimeout = 900_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
