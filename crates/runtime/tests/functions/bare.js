require("http").createServer((request, response) => response.end("hello")).listen(Number(process.env.FC_SERVER_PORT), "127.0.0.1");
