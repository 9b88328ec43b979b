// Listens on the usual port whatever it is told.
require("http").createServer((request, response) => response.end(String(process.pid))).listen(9000);
