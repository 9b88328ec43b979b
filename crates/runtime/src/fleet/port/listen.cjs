// Lets a server that listens on the configured port listen on the one that its instance was given.
"use strict";
const net = require("net");
const [configured, given] = (process.env.SDEV_LISTEN || "").split(":").map(Number);
const listen = net.Server.prototype.listen;
if (given) {
  net.Server.prototype.listen = function (first, ...rest) {
    if (first !== null && typeof first === "object") {
      if (Number(first.port) === configured && first.path === undefined) first = { ...first, port: given };
    } else if (Number(first) === configured) {
      first = given;
    }
    return listen.call(this, first, ...rest);
  };
}
