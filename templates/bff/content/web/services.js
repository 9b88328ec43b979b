// Asks the services behind, signed with the keys that the function was given (ACS3-HMAC-SHA256).
const { createHash, createHmac, randomUUID } = require("crypto");

const PATIENCE = 2000;
const { CATALOG, ORDERS, PROFILE } = process.env;
const SERVICES = { catalog: CATALOG, orders: ORDERS, profile: PROFILE };
const ALGORITHM = "ACS3-HMAC-SHA256";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

function signed(method, url, body) {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret, ALIBABA_CLOUD_SECURITY_TOKEN: token } =
    process.env;
  const digest = sha256(body);
  const headers = {
    host: url.host,
    "x-acs-content-sha256": digest,
    "x-acs-date": new Date().toISOString().replace(/\.\d+/, ""),
    "x-acs-signature-nonce": randomUUID(),
  };
  if (token) headers["x-acs-security-token"] = token;
  if (method === "POST") headers["content-type"] = "application/json";
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join("");
  const request = [method, url.pathname, "", lines, names.join(";"), digest].join("\n");
  const signature = createHmac("sha256", secret).update(`${ALGORITHM}\n${sha256(request)}`).digest("hex");
  headers.authorization = `${ALGORITHM} Credential=${id},SignedHeaders=${names.join(";")},Signature=${signature}`;
  return headers;
}

// What a service says: a status with a value, or a warning. With a body it is a POST.
exports.ask = async (name, path, body) => {
  const method = body === undefined ? "GET" : "POST";
  const url = new URL(SERVICES[name] + encodeURIComponent(path));
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(url, { method, headers: signed(method, url, body ?? ""), body, signal });
    const isAnswer = response.ok || (method === "POST" && response.status === 400);
    if (!isAnswer) return { warning: `${name} failed (${response.status})` };
    return { status: response.status, value: await response.json() };
  } catch (error) {
    console.error(name, error);
    return { warning: `${name} did not answer in time` };
  }
};
