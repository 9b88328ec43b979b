// Reads, writes and lists objects with the keys that the function was given, and signs addresses for visitors.
const { createHmac } = require("crypto");

const { OSS_ENDPOINT, FC_REGION } = process.env;
const inside = OSS_ENDPOINT ?? `https://oss-${FC_REGION}-internal.aliyuncs.com`;
const outside = OSS_ENDPOINT ?? `https://oss-${FC_REGION}.aliyuncs.com`;

function keys() {
  const {
    ALIBABA_CLOUD_ACCESS_KEY_ID: id,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret,
    ALIBABA_CLOUD_SECURITY_TOKEN: token,
  } = process.env;
  return { id, secret, token };
}

// In the cloud a bucket is part of the host's name; at an address of numbers it is part of the path.
function address(endpoint, bucket, key) {
  const url = new URL(endpoint);
  const path = key.split("/").map(encodeURIComponent).join("/");
  if (/^[\d.]+$/.test(url.hostname)) return `${url.origin}/${bucket}/${path}`;
  return `${url.protocol}//${bucket}.${url.host}/${path}`;
}

const sign = (secret, text) => createHmac("sha1", secret).update(text).digest("base64");

async function ask(method, bucket, key, { body, query = "" } = {}) {
  const { id, secret, token } = keys();
  const headers = { Date: new Date().toUTCString() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers["x-oss-security-token"] = token;
  const extra = token ? `x-oss-security-token:${token}\n` : "";
  const text = `${method}\n\n${headers["Content-Type"] ?? ""}\n${headers.Date}\n${extra}/${bucket}/${key}`;
  headers.Authorization = `OSS ${id}:${sign(secret, text)}`;
  const response = await fetch(address(inside, bucket, key) + query, { method, headers, body });
  if (response.ok || response.status === 404) return response;
  throw new Error(`${method} ${key}: ${response.status} ${await response.text()}`);
}

// The JSON in an object; nothing when it is not there.
exports.read = async (bucket, key) => {
  const response = await ask("GET", bucket, key);
  return response.ok ? response.json() : undefined;
};

exports.write = (bucket, key, value) => ask("PUT", bucket, key, { body: JSON.stringify(value) });

exports.remove = (bucket, key) => ask("DELETE", bucket, key);

// The keys that begin so; the first hundred.
exports.list = async (bucket, prefix) => {
  const query = `?list-type=2&max-keys=100&prefix=${encodeURIComponent(prefix)}`;
  const text = await (await ask("GET", bucket, "", { query })).text();
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
};

// An address by which anybody can do one thing with one object for a while.
exports.address = (method, bucket, key, seconds) => {
  const { id, secret, token } = keys();
  const expires = Math.floor(Date.now() / 1000) + seconds;
  const extra = token ? `?security-token=${token}` : "";
  const url = new URL(address(outside, bucket, key));
  url.searchParams.set("OSSAccessKeyId", id);
  url.searchParams.set("Expires", String(expires));
  url.searchParams.set("Signature", sign(secret, `${method}\n\n\n${expires}\n/${bucket}/${key}${extra}`));
  if (token) url.searchParams.set("security-token", token);
  return url.href;
};
