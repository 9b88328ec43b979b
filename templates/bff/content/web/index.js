// The backend of the web page: a page needs everything at once. What a service does not tell in time is left out, with a warning.
const limit = require("./limit.js");
const { ask } = require("./services.js");
const session = require("./session.js");

exports.handler = async (event) => {
  const { requestContext, rawPath, headers, body, isBase64Encoded } = JSON.parse(event);
  const user = session.read(cookie(headers, "session"));
  if (user === undefined) return answer(401, { error: "there is no session" });
  const wait = limit.wait(user);
  if (wait) return answer(429, { error: "you ask too often" }, { "Retry-After": String(wait) });
  const route = `${requestContext.http.method} ${rawPath}`;
  if (route === "GET /home") return home(user);
  if (route === "POST /orders") return order(user, isBase64Encoded ? Buffer.from(body, "base64").toString() : body);
  return answer(404, { error: "there is nothing here" });
};

async function home(user) {
  const [profile, orders, catalog] = await Promise.all([ask("profile", user), ask("orders", user), ask("catalog", "")]);
  const warnings = [profile, orders, catalog].map((part) => part.warning).filter(Boolean);
  const known = (part) => part.value ?? null;
  return answer(200, { profile: known(profile), orders: known(orders), catalog: known(catalog), warnings });
}

async function order(user, body) {
  const { status, value, warning } = await ask("orders", user, body);
  if (warning) return answer(503, { error: warning });
  return answer(status, value);
}

function cookie(headers, name) {
  const [, given] = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === "cookie") ?? [];
  const pairs = String(given ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

// A page is made anew each time, and no cache may keep what belongs to one visitor.
function answer(statusCode, value, more) {
  const headers = { "Content-Type": "application/json", "Cache-Control": "private, no-store", Vary: "Cookie", ...more };
  return { statusCode, headers, body: JSON.stringify(value) };
}
