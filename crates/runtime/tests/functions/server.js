const http = require("http");
const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts).toString();
    const { method, url, headers } = request;
    response.setHeader("x-own", "yes");
    response.end(JSON.stringify({ method, url, body, id: headers["x-fc-request-id"], name: headers["x-fc-function-name"] }));
  });
});
server.keepAliveTimeout = 900000;
server.listen(Number(process.env.FC_SERVER_PORT));
