// A server with a path for each kind of answer.
const http = require("http");
const crypto = require("crypto");
const { spawn } = require("child_process");
const fs = require("fs");
const server = http.createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://here");
  const ways = {
    "/crash": () => {
      console.error("I cannot go on");
      process.exit(3);
    },
    "/drop": () => request.socket.destroy(),
    "/sse": () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: first\n\n");
      response.on("close", () => fs.writeFileSync(process.env.SHARED + "/closed", "closed"));
    },
    "/back": () => request.pipe(response),
    "/trickle": () => {
      response.write("begun");
    },
    "/child": () => {
      spawn("sleep", [process.env.SECONDS], { stdio: "ignore" });
    },
    "/slow": () => setTimeout(() => response.end(process.env.FC_INSTANCE_ID), 400),
  };
  (ways[pathname] || (() => response.end(process.env.WORD)))();
});
server.on("upgrade", (request, socket) => {
  const key = request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const accept = crypto.createHash("sha1").update(key).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.pipe(socket);
});
setTimeout(() => server.listen(Number(process.env.FC_SERVER_PORT)), Number(process.env.LATE || 0));
