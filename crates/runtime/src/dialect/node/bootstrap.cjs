// Runs a handler: waits for its code to be named, loads it, then answers events, several at once if there are several.
// No syntax that Node 12 does not know.
"use strict";

const fs = require("fs");
const net = require("net");
const path = require("path");
const util = require("util");
const { AsyncLocalStorage } = require("async_hooks");

// The protocol's socket. Whoever starts this puts it here, out of the way of code, which finds an empty standard input.
const SOCKET = 3;
// The vendor's limit for the answer to a call that waits.
const LONGEST_ANSWER = 32 * 1024 * 1024;

const socket = new net.Socket({ fd: SOCKET, readable: true, writable: true });

const requests = AsyncLocalStorage ? new AsyncLocalStorage() : null;
let alone = "";
function currentRequest() {
  const request = requests ? requests.getStore() : undefined;
  return request === undefined ? alone : request;
}

// Lines are as the vendor's: time, request, level, text. They are written at once, so that none is lost when the process ends.
const levels = { log: "verbose", info: "info", warn: "warn", error: "error", debug: "debug" };
for (const name of Object.keys(levels)) {
  console[name] = (...values) => log(levels[name], util.format(...values));
}
console.trace = (...values) => {
  const here = { name: "Trace", message: util.format(...values) };
  Error.captureStackTrace(here, console.trace);
  log("trace", here.stack);
};

function log(level, text) {
  line(`${new Date().toISOString()} ${currentRequest()} [${level}] ${text}`);
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

function send(head, payload, sent) {
  const text = JSON.stringify(head);
  const length = Buffer.byteLength(text);
  const size = payload ? payload.length : 0;
  const small = size <= 65536;
  const bytes = Buffer.allocUnsafe(8 + length + (small ? size : 0));
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(size, 4);
  bytes.write(text, 8);
  if (small) {
    if (size > 0) payload.copy(bytes, 8 + length);
    socket.write(bytes, sent);
    return;
  }
  socket.write(bytes);
  socket.write(payload, sent);
}

// What came and makes no whole frame yet.
let parts = [];
let have = 0;
let want = 8;
socket.on("data", (part) => {
  parts.push(part);
  have += part.length;
  if (have < want) return;
  let all = parts.length === 1 ? part : Buffer.concat(parts, have);
  for (;;) {
    want = 8;
    if (all.length < want) break;
    const head = all.readUInt32BE(0);
    want = 8 + head + all.readUInt32BE(4);
    if (all.length < want) break;
    const asked = JSON.parse(all.toString("utf8", 8, 8 + head));
    // A copy, so that what code keeps of an event keeps no other.
    const payload = Buffer.from(all.subarray(8 + head, want));
    all = all.subarray(want);
    take(asked, payload);
  }
  parts = all.length > 0 ? [all] : [];
  have = all.length;
});
// The other end is gone, and so is the reason to be here.
socket.on("close", () => process.exit(0));
socket.on("error", () => process.exit(0));

let code;
function take(head, payload) {
  if (head.t === "load") load(head);
  else if (code.concurrency > 1 && requests) requests.run(head.request, () => answer(head, payload));
  else {
    alone = head.request;
    answer(head, payload);
  }
}

async function load(head) {
  try {
    Object.assign(process.env, head.environment);
    process.chdir(head.code);
    // Where a folder is that is named by its place in the vendor's cloud.
    const here = (folder) => folder.replace(/^\/code(?=\/|$)/, head.code).replace(/^\/opt(?=\/|$)/, head.layers);
    const named = (process.env.NODE_PATH || "").split(":").filter(Boolean).map(here);
    const layers = [path.join(head.layers, "nodejs", "node_modules"), path.join(head.layers, "node_modules")];
    process.env.NODE_PATH = named.concat(layers).join(":");
    require("module").Module._initPaths();
    code = { concurrency: head.concurrency, known: head.context, handlerName: head.handler };
    code.handler = await find(head.handler, head.code);
    code.initializer = head.initializer ? await find(head.initializer, head.code) : null;
    code.preStop = head.preStop ? await find(head.preStop, head.code) : null;
    send({ id: head.id });
  } catch (error) {
    line(explain(error));
    send({ id: head.id, error: "unhandled" }, failure(error, "unhandled"));
  }
}

// An error with the vendor's name for what is wrong with code.
function wrong(name, message) {
  return Object.assign(new Error(message), { name, stack: `${name}: ${message}` });
}

// The function that a handler such as `folder/file.function` names.
async function find(name, folder) {
  const dot = name.lastIndexOf(".");
  if (dot <= 0 || dot === name.length - 1) {
    throw wrong("InvalidHandleName", `Invalid handler '${name}': it is not of the form file.function`);
  }
  const [module, attribute] = [name.slice(0, dot), name.slice(dot + 1)];
  const file = path.resolve(folder, module);
  const found = [".js", ".mjs", ".cjs"].map((end) => file + end).find((one) => fs.existsSync(one));
  if (!found) throw wrong("ImportModuleError", `Cannot find module '${module}': there is no ${module}.js, .mjs or .cjs`);
  const loaded = await loadFile(found).catch((error) => {
    throw renamed(error);
  });
  const exported = loaded || {};
  let handler = exported[attribute];
  if (handler === undefined && exported.default) handler = exported.default[attribute];
  if (typeof handler !== "function") {
    throw wrong("HandlerNotFound", `Handler '${attribute}' is missing on module '${module}'`);
  }
  return handler;
}

async function loadFile(file) {
  const asModule = () => import(require("url").pathToFileURL(file).href);
  if (file.endsWith(".mjs")) return asModule();
  try {
    return require(file);
  } catch (error) {
    const code = error ? error.code : undefined;
    if (code === "ERR_REQUIRE_ESM" || code === "ERR_REQUIRE_ASYNC_MODULE") return asModule();
    throw error;
  }
}

// An error of loading with the vendor's name. Its stack, which begins with the place of a syntax error, stays.
function renamed(error) {
  if (!(error instanceof Error)) return error;
  const name = error instanceof SyntaxError ? "UserCodeSyntaxError"
    : error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND" ? "ImportModuleError" : null;
  if (name) Object.defineProperty(error, "name", { value: name });
  return error;
}

function context(head) {
  const known = code.known;
  return {
    requestId: head.request,
    credentials: { accessKeyId: known.keyId, accessKeySecret: known.keySecret, securityToken: known.token },
    function: { name: known.function, handler: code.handlerName, memory: known.memory, timeout: known.timeout },
    service: {
      name: "", logProject: known.logProject, logStore: known.logStore, qualifier: known.qualifier, versionId: known.version,
    },
    region: known.region,
    accountId: known.account,
    logger: console,
    retryCount: head.retries || 0,
    tracing: { openTracingSpanContext: head.span || "", openTracingSpanBaggages: {}, jaegerEndpoint: known.jaeger },
    waitsForEmptyEventLoopBeforeCallback: false,
  };
}

const names = { invoke: "Invoke", initialize: "Initialize", "pre-stop": "PreStop" };

// Requests under way: how each fails.
const unfinished = new Map();

function answer(head, payload) {
  const name = names[head.t];
  line(`FC ${name} Start RequestId: ${head.request}`);
  let done = false;
  // Handled is what code hands to its callback, unhandled what it throws.
  const finish = (kind, result, sent) => {
    if (done) return false;
    done = true;
    unfinished.delete(head.id);
    let bytes;
    if (!kind) {
      try {
        bytes = toBytes(result);
      } catch (error) {
        [kind, result] = ["unhandled", error];
      }
    }
    const reply = sent ? { id: head.id, last: true } : { id: head.id };
    let suffix = "";
    if (kind) {
      reply.error = kind;
      bytes = failure(result, kind);
      suffix = kind === "handled" ? ", Error: Handled function error" : ", Error: Unhandled function error";
      log("error", explain(result));
    }
    line(`FC ${name} End RequestId: ${head.request}${suffix}`);
    send(reply, bytes, sent);
    return true;
  };
  const fail = (error, sent) => finish("unhandled", error, sent);
  const callback = (error, result) => {
    if (error === undefined || error === null) finish(null, result);
    else finish("handled", error);
  };
  unfinished.set(head.id, { request: head.request, fail });
  try {
    const hook = head.t === "initialize" ? code.initializer : head.t === "pre-stop" ? code.preStop : null;
    const handler = hook || code.handler;
    const result = hook ? hook(context(head), callback) : handler(payload, context(head), callback);
    if (result && typeof result.then === "function") {
      result.then((value) => finish(null, value), fail);
    } else if (handler.length < (hook ? 2 : 3)) {
      // Nobody will call back: what was returned is the answer.
      finish(null, result);
    }
  } catch (error) {
    fail(error);
  }
}

// What is thrown outside of a handler's promise fails the request that was under way, and ends the process as it would anywhere.
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error) => {
    const request = currentRequest();
    const one = [...unfinished.values()].find((one) => one.request === request);
    const leave = event === "uncaughtException" ? () => process.exit(1) : undefined;
    if (one && one.fail(error, leave)) return;
    log("error", explain(error));
    if (leave) leave();
  });
}

// A result as the vendor writes it: nothing is empty, numbers and the like are text, objects JSON.
function toBytes(result) {
  let bytes;
  if (result instanceof Uint8Array) bytes = Buffer.from(result.buffer, result.byteOffset, result.byteLength);
  else if (result === undefined || result === null) bytes = Buffer.alloc(0);
  else if (typeof result === "object") bytes = Buffer.from(JSON.stringify(result) || "");
  else bytes = Buffer.from(String(result));
  if (bytes.length > LONGEST_ANSWER) {
    throw new RangeError(`the result has ${bytes.length} bytes; it may have ${LONGEST_ANSWER}`);
  }
  return bytes;
}

// The lines of a text that do not tell of this file, or of what is inside Node.
function without(text, ours) {
  return text.split("\n").filter((one) => !one.includes(__filename) && !ours.test(one));
}

// The lines of an error's stack.
function stack(error) {
  return typeof error.stack === "string" ? without(error.stack, /^\s+at .*(\(|at |async )(node:)?internal\//) : [];
}

// An error as a person reads it.
function explain(error) {
  try {
    const lines = error instanceof Error ? stack(error) : [];
    return lines.length > 0 ? lines.join("\n") : util.format(error);
  } catch (_) {
    return "an error that cannot be shown";
  }
}

// The vendor's JSON of an error.
function failure(error, kind) {
  const document = {};
  try {
    if (error instanceof Error) {
      document.errorMessage = without(String(error.message), /^$/).join("\n");
      document.errorType = String(error.name);
      const trace = stack(error);
      if (trace.length > 0) document.stackTrace = trace;
    } else {
      document.errorType = kind === "handled" ? "FunctionHandledError" : "FunctionUnhandledError";
      document.errorMessage = toBytes(error).toString();
    }
  } catch (_) {
    document.errorMessage = explain(error);
  }
  return Buffer.from(JSON.stringify(document));
}
