// Keeps small records in the bucket, with the keys that the function was given.
const { createHmac } = require("crypto");

const { BUCKET, OSS_ENDPOINT, FC_REGION } = process.env;
const endpoint = OSS_ENDPOINT ?? `https://oss-${FC_REGION}-internal.aliyuncs.com`;

// In the cloud a bucket is part of the host's name; at an address of numbers it is part of the path.
function address(key) {
  const url = new URL(endpoint);
  if (/^[\d.]+$/.test(url.hostname)) return `${url.origin}/${BUCKET}/${key}`;
  return `${url.protocol}//${BUCKET}.${url.host}/${key}`;
}

async function ask(method, key, { body, query = "", special = {} } = {}) {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret, ALIBABA_CLOUD_SECURITY_TOKEN: token } =
    process.env;
  const headers = { Date: new Date().toUTCString() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const extra = token ? { ...special, "x-oss-security-token": token } : special;
  const signed = Object.keys(extra).sort().map((name) => `${name}:${extra[name]}\n`).join("");
  const text = `${method}\n\n${headers["Content-Type"] ?? ""}\n${headers.Date}\n${signed}/${BUCKET}/${key}`;
  headers.Authorization = `OSS ${id}:${createHmac("sha1", secret).update(text).digest("base64")}`;
  const response = await fetch(address(key) + query, { method, headers: { ...headers, ...extra }, body });
  if (response.ok || [404, 409].includes(response.status)) return response;
  throw new Error(`${method} ${key}: ${response.status} ${await response.text()}`);
}

// What was written there; nothing when it is not there.
exports.read = async (key) => {
  const response = await ask("GET", key);
  return response.ok ? response.json() : undefined;
};

exports.write = (key, value) => ask("PUT", key, { body: JSON.stringify(value) });

// Writes what is not there yet; whether it was this call that did.
exports.claim = async (key, value) => {
  const special = { "x-oss-forbid-overwrite": "true" };
  return (await ask("PUT", key, { body: JSON.stringify(value), special })).ok;
};

// The first keys that begin so.
exports.list = async (prefix, most) => {
  const query = `?list-type=2&max-keys=${most}&prefix=${encodeURIComponent(prefix)}`;
  const text = await (await ask("GET", "", { query })).text();
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
};
