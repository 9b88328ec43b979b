// A handler for each way to answer and to fail.
const child_process = require("child_process");
const fs = require("fs");

let initialized = 0;
exports.initialize = (context, callback) => {
  initialized += 1;
  setImmediate(() => callback());
};
exports.initializeAsync = async () => {
  initialized += 1;
};
exports.initializeBadly = (context, callback) => callback(new Error("no database"));
exports.stop = async (context) => fs.writeFileSync(process.env.STOPPED, context.function.name);
exports.echo = (event, context, callback) => callback(null, event);
exports.echoLater = async (event) => event;
exports.text = async () => "täglich 日";
exports.nothing = async () => undefined;
exports.none = async () => null;
exports.number = async () => 1.5;
exports.truth = async () => false;
exports.bytes = async () => Uint8Array.from([104, 105]);
exports.returned = (event) => "returned " + event;
exports.thenable = () => ({ then: (done) => setImmediate(done, "thenable") });
exports.value = async () => ({ b: [1, 2.5, null, true], a: "ä", at: new Date(0), gone: undefined, initialized });
exports.twice = (event, context, callback) => {
  callback(null, "first");
  callback(null, "second");
  callback(new Error("third"));
};
exports.kind = async (event) => ({ buffer: Buffer.isBuffer(event), length: event.length });

class Odd extends Error {
  constructor(message) {
    super(message);
    this.name = "OddError";
  }
}
exports.throws = () => {
  throw new TypeError("something is wrong");
};
exports.rejects = async () => {
  await null;
  throw new Odd("something is wrong");
};
exports.backs = (event, context, callback) => callback(new Error("oops"));
exports.backsText = (event, context, callback) => callback("oops");
exports.backsObject = (event, context, callback) => callback({ code: 5 });
exports.throwsText = async () => {
  throw "oops";
};
exports.rejectsNothing = () => Promise.reject();
exports.circle = async () => {
  const circle = {};
  circle.circle = circle;
  return circle;
};
exports.large = async () => Buffer.alloc(33 * 1024 * 1024);
exports.throwsLater = (event, context, callback) => {
  setImmediate(() => {
    throw new Error("thrown later");
  });
};
exports.strange = async () => {
  const error = new Error("x");
  Object.defineProperty(error, "message", { get: () => { throw new Error("do not look"); } });
  throw error;
};
exports.forgets = async (event) => {
  Promise.reject(new Error("nobody waits for this"));
  return "answered";
};
exports.leaves = () => {
  console.log("leaving");
  process.exit(3);
};
exports.wholeContext = async (event, context) => {
  const fields = JSON.parse(JSON.stringify(context));
  fields.logger = ["log", "debug", "info", "warn", "error"].every((name) => typeof context.logger[name] === "function");
  return fields;
};
exports.place = async () => ({
  cwd: process.cwd(),
  file: __filename,
  input: fs.readFileSync(0, "utf8"),
  argument: process.argv.slice(2),
  word: process.env.WORD,
  paths: process.env.NODE_PATH.split(":"),
  near: require("near"),
  child: child_process.execSync("cat; test -S /proc/self/fd/3 && echo socket || echo none", { stdio: ["inherit", "pipe", "inherit"] }).toString(),
});
exports.logs = async (event, context) => {
  console.log("a %s", "word", { of: 1 });
  console.info("information");
  console.warn("careful\nsecond");
  console.error("failed");
  console.debug("details");
  context.logger.info("of the context");
  console.trace("here");
  process.stdout.write("plain\n");
  return "";
};
exports.floods = async () => {
  for (let number = 0; number < 30000; number += 1) console.log("word", number, "x".repeat(100));
  return "flooded";
};

let waiting = [];
exports.together = async (event, context) => {
  await new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 3) waiting.forEach((one) => one());
  });
  console.log("after", String(event));
  return { event: String(event), request: context.requestId };
};
exports.leaks = (event, context, callback) => {
  setImmediate(callback, null, String(process.memoryUsage().heapUsed));
};
