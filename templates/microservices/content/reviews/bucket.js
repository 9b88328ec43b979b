// Reads and writes objects of the bucket, with the keys that the function was given.
const { createHmac } = require("crypto");

const { BUCKET, OSS_ENDPOINT, FC_REGION } = process.env;
const endpoint = OSS_ENDPOINT ?? `https://oss-${FC_REGION}-internal.aliyuncs.com`;

// In the cloud a bucket is part of the host's name; at an address of numbers it is part of the path.
function address(key) {
  const url = new URL(endpoint);
  if (/^[\d.]+$/.test(url.hostname)) return `${url.origin}/${BUCKET}/${key}`;
  return `${url.protocol}//${BUCKET}.${url.host}/${key}`;
}

async function ask(method, key, body) {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret, ALIBABA_CLOUD_SECURITY_TOKEN: token } =
    process.env;
  const headers = { Date: new Date().toUTCString() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers["x-oss-security-token"] = token;
  const signed = token ? `x-oss-security-token:${token}\n` : "";
  const text = `${method}\n\n${headers["Content-Type"] ?? ""}\n${headers.Date}\n${signed}/${BUCKET}/${key}`;
  headers.Authorization = `OSS ${id}:${createHmac("sha1", secret).update(text).digest("base64")}`;
  return fetch(address(key), { method, headers, body });
}

// The text of an object; nothing when it is not there.
exports.read = async (key) => {
  const response = await ask("GET", key);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`GET ${key}: ${response.status}`);
  return response.text();
};

exports.write = async (key, text) => {
  const response = await ask("PUT", key, text);
  if (!response.ok) throw new Error(`PUT ${key}: ${response.status} ${await response.text()}`);
};
