// Listens on the usual port whatever it is told.
require("http").createServer((request, response) => response.end(process.env.FC_INSTANCE_ID)).listen(9000);
