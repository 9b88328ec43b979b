// The server: GET and HEAD of /PACKAGE/CHANNEL.apk, whole or in ranges.
import http from "node:http";
import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { find, open } from "./bucket.mjs";
import { layout, withChannel } from "./apk.mjs";

const ADDRESS = /^\/([A-Za-z0-9._-]{1,80})\/([A-Za-z0-9_-]{1,40})\.apk$/;
// Where the parts of a mother package are. It is looked up anew when the package has changed.
const known = new Map();

async function layoutOf(key, mother) {
  const before = known.get(key);
  if (before?.etag === mother.etag) return before.layout;
  const found = await layout(mother.size, (first, last) => open(key, mother.etag, first, last));
  known.set(key, { etag: mother.etag, layout: found });
  return found;
}

async function answer(request, response) {
  const [, name, channel] = ADDRESS.exec(request.url.split("?")[0]) ?? [];
  const key = `${name}.apk`;
  const mother = name && (await find(key));
  if (!mother) return plain(response, 404, "there is no such package\n");
  const parts = await layoutOf(key, mother);
  const tail = withChannel(parts, channel);
  const size = parts.prefix + tail.length;
  const etag = `"${createHash("sha256").update(mother.etag + "\n" + channel).digest("hex").slice(0, 32)}"`;
  const headers = {
    "Content-Type": "application/vnd.android.package-archive",
    "Content-Disposition": `attachment; filename="${name}-${channel}.apk"`,
    "Accept-Ranges": "bytes",
    // The cache asks again after this time, and is told 304 unless there is a new mother package.
    "Cache-Control": "public, max-age=300",
    ETag: etag,
  };
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304, headers);
    return response.end();
  }
  // Who has a part of an earlier package gets all of the new one.
  const isSame = (request.headers["if-range"] ?? etag) === etag;
  const range = isSame ? wanted(request.headers.range, size) : undefined;
  if (range === "none") {
    response.writeHead(416, { ...headers, "Content-Range": `bytes */${size}`, "Content-Length": 0 });
    return response.end();
  }
  const [first, last] = range ?? [0, size - 1];
  headers["Content-Length"] = last - first + 1;
  if (range) headers["Content-Range"] = `bytes ${first}-${last}/${size}`;
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === "HEAD") return response.end();
  await pipeline(pieces(key, mother.etag, parts.prefix, tail, first, last), response);
}

// The beginning comes from the bucket as it is, the end from memory: nothing large is ever held.
async function* pieces(key, etag, prefix, tail, first, last) {
  if (first < prefix) yield* await open(key, etag, first, Math.min(last, prefix - 1));
  if (last >= prefix) yield tail.subarray(Math.max(0, first - prefix), last - prefix + 1);
}

// The bytes that a header `Range` asks for: undefined for all, "none" when there are none such.
function wanted(header, size) {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === undefined || (from === "" && to === "")) return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first > last || first >= size ? "none" : [first, last];
}

function plain(response, status, text) {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

const server = http.createServer((request, response) => {
  if (request.method !== "GET" && request.method !== "HEAD") return plain(response, 405, "GET or HEAD\n");
  answer(request, response).catch((error) => {
    // Visitors may leave.
    if (error.code === "ERR_STREAM_PREMATURE_CLOSE") return;
    console.error(error);
    if (response.headersSent) response.destroy();
    else plain(response, 502, "the package cannot be read\n");
  });
});
server.keepAliveTimeout = 15 * 60 * 1000;
server.listen(Number(process.env.FC_SERVER_PORT ?? 9000));
