// Who a visitor is: a text that only the holder of the key can make. Its purpose is signed too, so it opens nothing else.
// `KEY=… node session.js ada` prints one, for trying.
const { createHmac, timingSafeEqual } = require("crypto");

const { KEY } = process.env;
const SECONDS = 8 * 60 * 60;
if ((KEY ?? "").length < 16) throw new Error("KEY must have 16 characters or more");

const sign = (payload) => createHmac("sha256", KEY).update(`web-session.${payload}`).digest();

exports.make = (user) => {
  const until = Math.floor(Date.now() / 1000) + SECONDS;
  const payload = Buffer.from(JSON.stringify({ user, until })).toString("base64url");
  return `${payload}.${sign(payload).toString("base64url")}`;
};

// The user; nothing when the session is missing, false or over.
exports.read = (text) => {
  const [payload, signature, more] = (text ?? "").split(".");
  if (!payload || !signature || more !== undefined) return undefined;
  const given = Buffer.from(signature, "base64url");
  const right = sign(payload);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const { user, until } = JSON.parse(Buffer.from(payload, "base64url"));
  return until > Date.now() / 1000 ? user : undefined;
};

if (require.main === module) console.log(exports.make(process.argv[2]));
