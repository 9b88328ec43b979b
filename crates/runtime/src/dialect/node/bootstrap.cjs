// Runs a handler: waits for its code to be named, loads it, then answers events, several at once if there are several.
"use strict";

const fs = require("fs");
const net = require("net");
const path = require("path");
const { Readable } = require("stream");
const util = require("util");
const { AsyncLocalStorage } = require("async_hooks");

// The protocol's socket is where standard input would be; code sees an empty input instead.
const socket = new net.Socket({ fd: 0, readable: true, writable: true });
let emptyInput;
Object.defineProperty(process, "stdin", {
  configurable: true,
  get: () => (emptyInput ??= Readable.from([])),
});

const requests = new AsyncLocalStorage();
let alone = "";
const currentRequest = () => requests.getStore() ?? alone;

// Lines are as the vendor's: time, request, level, text. They are written at once, so that none is lost when the process ends.
const levels = { log: "verbose", info: "info", warn: "warn", error: "error", debug: "debug", trace: "trace" };
for (const [name, level] of Object.entries(levels)) {
  console[name] = (...values) => {
    const text = util.format(...values);
    line(`${new Date().toISOString()} ${currentRequest()} [${level}] ${text}`);
  };
}

function line(text) {
  let left = Buffer.from(text + "\n");
  while (left.length > 0) {
    try {
      left = left.subarray(fs.writeSync(1, left));
    } catch (error) {
      if (error.code !== "EAGAIN") return;
    }
  }
}

function send(head, payload = Buffer.alloc(0)) {
  const text = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(text.length, 0);
  lengths.writeUInt32BE(payload.length, 4);
  socket.write(Buffer.concat([lengths, text, payload]));
}

let received = Buffer.alloc(0);
socket.on("data", (part) => {
  received = received.length === 0 ? part : Buffer.concat([received, part]);
  while (received.length >= 8) {
    const head = received.readUInt32BE(0);
    const end = 8 + head + received.readUInt32BE(4);
    if (received.length < end) return;
    const asked = JSON.parse(received.toString("utf8", 8, 8 + head));
    const payload = Buffer.from(received.subarray(8 + head, end));
    received = received.subarray(end);
    take(asked, payload);
  }
});
// The other end is gone, and so is the reason to be here.
socket.on("close", () => process.exit(0));
socket.on("error", () => process.exit(0));

let code;
function take(head, payload) {
  if (head.t === "load") load(head);
  else if (code.concurrency > 1) requests.run(head.request, () => answer(head, payload));
  else {
    alone = head.request;
    answer(head, payload);
  }
}

async function load(head) {
  try {
    Object.assign(process.env, head.environment);
    process.chdir(head.code);
    const folders = [path.join(head.layers, "nodejs", "node_modules"), path.join(head.layers, "node_modules")];
    process.env.NODE_PATH = [process.env.NODE_PATH, ...folders].filter(Boolean).join(":");
    require("module").Module._initPaths();
    code = { concurrency: head.concurrency, known: head.context, handlerName: head.handler };
    code.handler = await find(head.handler, head.code);
    code.initializer = head.initializer ? await find(head.initializer, head.code) : null;
    code.preStop = head.preStop ? await find(head.preStop, head.code) : null;
    send({ id: head.id });
  } catch (error) {
    line(error instanceof Error ? error.stack : String(error));
    send({ id: head.id, error: "unhandled" }, failure(error));
  }
}

// The function that a handler such as `folder/file.function` names.
async function find(name, folder) {
  const dot = name.lastIndexOf(".");
  if (dot <= 0 || dot === name.length - 1) throw new Error(`handler '${name}' is not of the form file.function`);
  const file = path.resolve(folder, name.slice(0, dot));
  const found = [".js", ".mjs", ".cjs"].map((end) => file + end).find((one) => fs.existsSync(one));
  if (!found) throw new Error(`there is no file ${name.slice(0, dot)}.js, .mjs or .cjs for handler '${name}'`);
  const loaded = await loadFile(found);
  const attribute = name.slice(dot + 1);
  const handler = loaded[attribute] ?? loaded.default?.[attribute];
  if (typeof handler !== "function") throw new Error(`${path.basename(found)} exports no function '${attribute}'`);
  return handler;
}

async function loadFile(file) {
  const asModule = () => import(require("url").pathToFileURL(file).href);
  if (file.endsWith(".mjs")) return asModule();
  try {
    return require(file);
  } catch (error) {
    if (error.code === "ERR_REQUIRE_ESM" || error.code === "ERR_REQUIRE_ASYNC_MODULE") return asModule();
    throw error;
  }
}

function context(head) {
  const known = code.known;
  return {
    requestId: head.request,
    credentials: { accessKeyId: known.keyId, accessKeySecret: known.keySecret, securityToken: known.token },
    function: {
      name: known.function, handler: code.handlerName, memory: known.memory, timeout: known.timeout,
      initializer: "", versionId: known.version, qualifier: known.qualifier,
    },
    service: {
      name: "", logProject: known.logProject, logStore: known.logStore, qualifier: known.qualifier, versionId: known.version,
    },
    region: known.region,
    accountId: known.account,
    logger: console,
    retryCount: head.retries ?? 0,
    tracing: { openTracingSpanContext: head.trace ?? "", jaegerEndpoint: "", spanBaggages: {} },
  };
}

function answer(head, payload) {
  const what = { invoke: "Invoke", initialize: "Initialize", "pre-stop": "PreStop" }[head.t];
  line(`FC ${what} Start RequestId: ${head.request}`);
  let done = false;
  const finish = (error, result, kind) => {
    if (done) return;
    done = true;
    let reply = { id: head.id };
    let bytes;
    try {
      bytes = error === undefined ? toBytes(result) : failure(error);
    } catch (problem) {
      [error, kind] = [problem, "unhandled"];
      bytes = failure(problem);
    }
    if (error !== undefined) reply.error = kind;
    line(`FC ${what} End RequestId: ${head.request}`);
    send(reply, bytes);
  };
  const callback = (error, result) =>
    error === undefined || error === null ? finish(undefined, result) : finish(error, undefined, "handled");
  const fail = (error) => {
    if (!done) line(error instanceof Error ? error.stack : String(error));
    finish(error ?? new Error("rejected without a reason"), undefined, "unhandled");
  };
  unfinished.set(head.request, fail);
  try {
    const hook = { Initialize: code.initializer, PreStop: code.preStop }[what];
    const handler = hook ?? code.handler;
    const result = hook ? hook(context(head), callback) : handler(payload, context(head), callback);
    if (typeof result?.then === "function") {
      result.then((value) => finish(undefined, value), fail).finally(() => unfinished.delete(head.request));
    } else if (handler.length < (hook ? 2 : 3)) {
      // Nobody will call back: what was returned is the answer.
      finish(undefined, result);
      unfinished.delete(head.request);
    }
  } catch (error) {
    fail(error);
    unfinished.delete(head.request);
  }
}

// What is thrown outside of a handler's promise fails the request that was under way, and ends the process as it would anywhere.
const unfinished = new Map();
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error) => {
    line(error instanceof Error ? error.stack : String(error));
    const fail = unfinished.get(currentRequest());
    if (fail) fail(error);
    if (event === "uncaughtException") setImmediate(() => process.exit(1));
  });
}

function toBytes(result) {
  if (Buffer.isBuffer(result)) return result;
  if (result instanceof Uint8Array) return Buffer.from(result);
  if (typeof result === "string") return Buffer.from(result);
  if (result === undefined) return Buffer.alloc(0);
  return Buffer.from(JSON.stringify(result) ?? "");
}

// The vendor's JSON of an error.
function failure(error) {
  const known = error instanceof Error;
  const trace = known && typeof error.stack === "string" ? error.stack.split("\n").map((one) => one.trim()) : [];
  return Buffer.from(JSON.stringify({
    errorMessage: known ? error.message : typeof error === "string" ? error : JSON.stringify(error),
    errorType: known ? error.name : typeof error,
    stackTrace: trace.filter((one) => !one.includes("bootstrap.cjs") && !one.includes("(node:")),
  }));
}
