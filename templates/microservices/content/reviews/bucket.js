// Reads, writes and lists objects of the bucket, with the keys that the function was given.
const { createHmac } = require("crypto");

const { BUCKET, OSS_ENDPOINT, FC_REGION } = process.env;
const endpoint = OSS_ENDPOINT ?? `https://oss-${FC_REGION}-internal.aliyuncs.com`;

// In the cloud a bucket is part of the host's name; at an address of numbers it is part of the path.
function address(key) {
  const url = new URL(endpoint);
  if (/^[\d.]+$/.test(url.hostname)) return `${url.origin}/${BUCKET}/${key}`;
  return `${url.protocol}//${BUCKET}.${url.host}/${key}`;
}

async function ask(method, key, { body, query = "" } = {}) {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret, ALIBABA_CLOUD_SECURITY_TOKEN: token } =
    process.env;
  const headers = { Date: new Date().toUTCString() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers["x-oss-security-token"] = token;
  const signed = token ? `x-oss-security-token:${token}\n` : "";
  const text = `${method}\n\n${headers["Content-Type"] ?? ""}\n${headers.Date}\n${signed}/${BUCKET}/${key}`;
  headers.Authorization = `OSS ${id}:${createHmac("sha1", secret).update(text).digest("base64")}`;
  const response = await fetch(address(key) + query, { method, headers, body });
  if (!response.ok) throw new Error(`${method} ${key}: ${response.status} ${await response.text()}`);
  return response.text();
}

exports.read = (key) => ask("GET", key);

exports.write = (key, body) => ask("PUT", key, { body });

// The first keys that begin so.
exports.list = async (prefix, most) => {
  const text = await ask("GET", "", { query: `?list-type=2&max-keys=${most}&prefix=${encodeURIComponent(prefix)}` });
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
};
