// A web server without packages: streams, echoes, speaks WebSocket.
const http = require("http");
const crypto = require("crypto");
let stream = null;
let calls = 0;

const server = http.createServer((request, response) => {
  if (request.url === "/stream") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: one\n\n");
    stream = response;
  } else if (request.url === "/go") {
    stream.end("data: two\n\n");
    response.end("gone");
  } else if (request.url === "/echo") {
    response.writeHead(200);
    request.pipe(response);
  } else if (request.url === "/long-head") {
    response.setHeader("x-long", "x".repeat(9000));
    response.end();
  } else if (request.url === "/long-body") {
    response.writeHead(200, { "content-length": 33 * 1024 * 1024 });
    response.end(Buffer.alloc(33 * 1024 * 1024));
  } else {
    request.resume();
    request.on("end", () => {
      calls += 1;
      response.setHeader("server", "me");
      response.setHeader("x-fc-own", "1");
      response.setHeader("access-control-allow-origin", "https://of.the.code");
      response.setHeader("cache-control", "max-age=60");
      const { url, method, headers } = request;
      response.end(JSON.stringify({ url, method, headers, calls, pid: process.pid }));
    });
  }
});

server.on("upgrade", (request, socket) => {
  const salted = request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const accept = crypto.createHash("sha1").update(salted).digest("base64");
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  // Each read is one short masked frame of text here.
  socket.on("data", (frame) => {
    const mask = frame.subarray(2, 6);
    const text = Buffer.from(frame.subarray(6).map((byte, at) => byte ^ mask[at % 4]));
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
  });
  socket.on("end", () => socket.end());
});

server.keepAliveTimeout = 900000;
server.listen(Number(process.env.FC_SERVER_PORT));
