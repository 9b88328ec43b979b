// Orders: what people bought. Each order is an object of its own, so that two at the same moment do not meet.
const { randomUUID } = require("crypto");
const bucket = require("./bucket.js");

// Keys are listed from the smallest: counting down to this puts the newest order first.
const END = 10 ** 14;
const SHOWN = 20;
const NAME = /^[a-z0-9-]{1,40}$/;

exports.handler = async (event) => {
  const { rawPath, body, isBase64Encoded, requestContext } = JSON.parse(event);
  const user = rawPath.replaceAll("/", "");
  if (!NAME.test(user)) return answer(404, { error: "nobody is called that" });
  if (requestContext.http.method === "GET") return answer(200, await latest(user));
  return add(user, isBase64Encoded ? Buffer.from(body, "base64").toString() : body);
};

async function latest(user) {
  const keys = await bucket.list(`orders/${user}/`, SHOWN);
  return Promise.all(keys.map(async (key) => JSON.parse(await bucket.read(key))));
}

async function add(user, body) {
  const { product, count } = read(body);
  const isProduct = typeof product === "string" && NAME.test(product);
  if (!isProduct || !(Number.isInteger(count) && count > 0 && count < 100)) {
    return answer(400, { error: "an order has a product, and a count from 1 to 99" });
  }
  const now = Date.now();
  const order = { id: randomUUID(), product, count, state: "open", ordered: new Date(now).toISOString() };
  await bucket.write(`orders/${user}/${END - now}-${order.id}.json`, JSON.stringify(order));
  return answer(201, order);
}

function read(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

function answer(statusCode, value) {
  return { statusCode, headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
}
