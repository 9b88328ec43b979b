// Reviews: what people say. Each is an object of its own, so that two at the same moment do not meet.
const { randomUUID } = require("crypto");
const bucket = require("./bucket.js");

// Keys are listed from the smallest: counting down to this puts the newest review first.
const END = 10 ** 14;
const SHOWN = 20;

exports.handler = async (event) => {
  const { rawPath, body, isBase64Encoded, requestContext } = JSON.parse(event);
  const place = `reviews/${rawPath.replaceAll("/", "")}/`;
  if (requestContext.http.method !== "POST") return answer(200, await latest(place));
  return add(place, isBase64Encoded ? Buffer.from(body, "base64").toString() : body);
};

async function latest(place) {
  const keys = await bucket.list(place, SHOWN);
  return Promise.all(keys.map(async (key) => JSON.parse(await bucket.read(key))));
}

async function add(place, body) {
  const { text, stars } = read(body);
  if (typeof text !== "string" || !text.trim() || ![1, 2, 3, 4, 5].includes(stars)) {
    return answer(400, { error: "a review has a text, and stars from 1 to 5" });
  }
  const review = { text: text.slice(0, 1000), stars };
  await bucket.write(`${place}${END - Date.now()}-${randomUUID()}.json`, JSON.stringify(review));
  return answer(201, review);
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
