// Reads objects of the bucket, with the keys that the function was given.
import { createHmac } from "node:crypto";

const { BUCKET, OSS_ENDPOINT, FC_REGION } = process.env;
const endpoint = OSS_ENDPOINT ?? `https://oss-${FC_REGION}-internal.aliyuncs.com`;

// In the cloud a bucket is part of the host's name; at an address of numbers it is part of the path.
function address(key) {
  const url = new URL(endpoint);
  if (/^[\d.]+$/.test(url.hostname)) return `${url.origin}/${BUCKET}/${encodeURIComponent(key)}`;
  return `${url.protocol}//${BUCKET}.${url.host}/${encodeURIComponent(key)}`;
}

async function ask(method, key, more = {}) {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret, ALIBABA_CLOUD_SECURITY_TOKEN: token } =
    process.env;
  const headers = { Date: new Date().toUTCString(), ...more };
  if (token) headers["x-oss-security-token"] = token;
  const signed = token ? `x-oss-security-token:${token}\n` : "";
  const text = `${method}\n\n\n${headers.Date}\n${signed}/${BUCKET}/${key}`;
  headers.Authorization = `OSS ${id}:${createHmac("sha1", secret).update(text).digest("base64")}`;
  return fetch(address(key), { method, headers });
}

// Size and digest of an object; nothing when it is not there.
export async function find(key) {
  const response = await ask("HEAD", key);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`HEAD ${key}: ${response.status}`);
  return { size: Number(response.headers.get("content-length")), etag: response.headers.get("etag") };
}

// The bytes from `first` to `last` of an object, as they come. It must still be the one with this digest.
export async function open(key, etag, first, last) {
  const response = await ask("GET", key, { Range: `bytes=${first}-${last}`, "If-Match": etag });
  if (response.status !== 206 && response.status !== 200) throw new Error(`GET ${key}: ${response.status}`);
  return response.body;
}
