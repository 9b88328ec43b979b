// What visitors ask.
//   GET /                          the page
//   POST /orders {"sku", "count"}  an order; its way begins. Sent again with the same `Idempotency-Key` it is still one order
//   GET /orders                    the latest orders
//   GET /orders/ID                 how far an order is, step by step
//   POST /orders/ID/cancel         the customer does not want it any more; what is not shipped yet is undone
//   POST /orders/ID/approve        yes to a large order; or what could not be undone can be now
//   POST /orders/ID/refuse         no to a large order
const { randomUUID } = require("crypto");
const { readFileSync } = require("fs");
const { join } = require("path");
const bucket = require("./bucket.js");
const flows = require("./flows.js");
const { rehearsal } = require("./rehearse.js");
const { CANCELLED } = require("./wish.js");

const { FLOW } = process.env;
const REFUSED = { Error: "Refused", Cause: "somebody said no" };
const PRICES = { lamp: 40, chair: 120, piano: 4000 };
const SHOWN = 20;
const ID = /^[0-9a-z-]{1,60}$/;
const KEY = /^[\w-]{1,100}$/;

exports.handler = async (event) => {
  const { rawPath, headers, body, isBase64Encoded, requestContext } = JSON.parse(event);
  const [first, id, verb, ...rest] = rawPath.split("/").filter(Boolean);
  const method = requestContext.http.method;
  if (!first) return page();
  if (first !== "orders" || rest.length || (id && !ID.test(id))) return answer(404, { error: "there is nothing here" });
  const words = isBase64Encoded ? Buffer.from(body, "base64").toString() : body;
  const ways = {
    "POST orders": () => begin(words, header(headers, "idempotency-key")),
    "GET orders": list,
    "GET order": () => show(id),
    "POST cancel": () => cancel(id),
    "POST approve": () => decide(id, "ReportTaskSucceeded", { Output: JSON.stringify({ approved: true }) }),
    "POST refuse": () => decide(id, "ReportTaskFailed", REFUSED),
  };
  const way = ways[`${method} ${verb ?? (id ? "order" : "orders")}`];
  return way ? way() : answer(405, { error: "this cannot be done" });
};

async function begin(words, key) {
  const { sku, count, ...more } = read(words);
  const rehearsed = rehearsal(more);
  if (!rehearsed) return answer(400, { error: "what to rehearse is not said well: see rehearse.js" });
  if (key !== undefined && !KEY.test(key)) return answer(400, { error: "a key has letters, digits, - and _, 100 at most" });
  if (typeof sku !== "string" || !Object.hasOwn(PRICES, sku) || !(Number.isInteger(count) && count > 0 && count < 100)) {
    return answer(400, { error: `an order has a sku (${Object.keys(PRICES).join(", ")}) and a count from 1 to 99` });
  }
  // The latest come first in a list of keys: 9 less each digit of the time.
  const now = Date.now();
  const id = `${10 ** 13 - now}-${randomUUID().slice(0, 8)}`;
  const made = { id, sku, count, amount: PRICES[sku] * count, ordered: new Date(now).toISOString(), ...rehearsed };
  const order = key ? await first(`requests/${key}`, made) : made;
  // It begins before it is shown: an order that is shown has begun.
  await flows.begin(FLOW, `order-${order.id}`, { order });
  await bucket.claim(`orders/${order.id}`, { ...order, state: "under way" });
  return answer(201, order);
}

// Of all that is written under this key, what came first.
async function first(key, value) {
  return (await bucket.claim(key, value)) ? value : bucket.read(key);
}

async function list() {
  const keys = await bucket.list("orders/", SHOWN);
  return answer(200, (await Promise.all(keys.map(bucket.read))).filter(Boolean));
}

async function show(id) {
  if (!(await bucket.read(`orders/${id}`))) return answer(404, { error: "there is no such order" });
  const named = { FlowName: FLOW, ExecutionName: `order-${id}` };
  // How far it is comes first: what is read afterwards is then at least as new.
  const execution = await flows.ask("DescribeExecution", named);
  const [order, history] = await Promise.all([
    bucket.read(`orders/${id}`),
    flows.ask("GetExecutionHistory", { ...named, Limit: 999 }),
  ]);
  return answer(200, { ...order, execution: execution.Status, steps: steps(history.Events) });
}

// Each step once for each time that it began, with how it went.
function steps(events) {
  const all = [];
  for (const { Type, StepName, EventDetail } of events) {
    const last = all.findLast((step) => step.name === StepName);
    if (Type === "StepEntered") all.push({ name: StepName, state: "under way", tries: 0 });
    else if (Type === "TaskStarted") last.tries += 1;
    else if (Type === "StepFailed") Object.assign(last, { state: "failed", error: JSON.parse(EventDetail).error });
    else if (Type === "StepExited" && last.state !== "failed") last.state = "done";
  }
  return all;
}

// The parcel and its cancellation are one key, so that only one of them comes to be: see shipping.py. Steps that come later
// find it there; whoever was asked for an approval already is not waited for.
async function cancel(id) {
  if (!(await bucket.read(`orders/${id}`))) return answer(404, { error: "there is no such order" });
  const { cancelled } = await first(`parcels/${id}`, { cancelled: true });
  if (!cancelled) return answer(409, { error: "it is on its way already" });
  const asked = await bucket.read(`approvals/${id}`);
  if (asked?.step === "Approve") await report(asked, "ReportTaskFailed", CANCELLED);
  return answer(202, { id });
}

async function decide(id, action, parameters) {
  const asked = await bucket.read(`approvals/${id}`);
  if (!asked) return answer(404, { error: "nobody asked for an approval" });
  const isFirst = await report(asked, action, parameters);
  return isFirst ? answer(202, { id }) : answer(409, { error: "this was decided already" });
}

// Whether it was this report that decided.
async function report({ token }, action, parameters) {
  try {
    await flows.ask(action, { TaskToken: token, ...parameters });
    return true;
  } catch (error) {
    if (error.code) return false;
    throw error;
  }
}

function header(headers, name) {
  return Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}

function read(words) {
  try {
    return JSON.parse(words) ?? {};
  } catch {
    return {};
  }
}

const page = () => ({
  statusCode: 200,
  headers: { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache" },
  body: readFileSync(join(__dirname, "page.html"), "utf8"),
});

const answer = (statusCode, value) => ({
  statusCode,
  headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  body: JSON.stringify(value),
});
