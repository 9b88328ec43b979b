// The API that visitors ask.
//   POST /media {"name": "cat.png"}   an address to upload to
//   GET /media                        all files
//   GET /media/ID                     how far it is, and addresses of what was made
//   DELETE /media/ID                  deletes it and what was made of it
const { randomUUID } = require("crypto");
const bucket = require("./bucket.js");
const records = require("./records.js");

const { UPLOADS, RESULTS } = process.env;
const MINUTES = 15;
const NAME = /^[\w][\w .-]{0,99}$/;

exports.handler = async (event) => {
  const { rawPath, body, isBase64Encoded, requestContext } = JSON.parse(event);
  const [first, id, ...rest] = rawPath.split("/").filter(Boolean);
  if (first !== "media" || rest.length) return answer(404, { error: "there is nothing here" });
  const way = `${requestContext.http.method} ${id ? "one" : "all"}`;
  const ways = { "POST all": begin, "GET all": list, "GET one": show, "DELETE one": remove };
  if (!ways[way]) return answer(405, { error: `${way} cannot be done` });
  return ways[way](id, isBase64Encoded ? Buffer.from(body, "base64").toString() : body);
};

async function begin(_, body) {
  let name;
  try {
    ({ name } = JSON.parse(body));
  } catch {
    return answer(400, { error: 'say what it is called: {"name": "cat.png"}' });
  }
  if (typeof name !== "string" || !NAME.test(name)) {
    return answer(400, { error: "a name has letters, digits, spaces, dots, - and _, 100 at most" });
  }
  const id = randomUUID();
  await records.write({ id, name, state: "waiting" });
  return answer(201, { id, put: bucket.address("PUT", UPLOADS, `in/${id}/${name}`, MINUTES * 60) });
}

async function list() {
  const all = await Promise.all((await records.ids()).map(records.read));
  return answer(200, all.filter(Boolean).map(({ id, name, state }) => ({ id, name, state })));
}

async function show(id) {
  const record = await records.read(id);
  if (!record) return answer(404, { error: "there is no such file" });
  const { made = [], ...known } = record;
  const links = made.map((one) => ({ ...one, url: bucket.address("GET", RESULTS, one.key, MINUTES * 60) }));
  return answer(200, { ...known, made: links });
}

async function remove(id) {
  const record = await records.read(id);
  if (!record) return answer(404, { error: "there is no such file" });
  // The rest follows from this: see forget.js.
  await bucket.remove(UPLOADS, `in/${id}/${record.name}`);
  if (record.state === "waiting") await records.remove(id);
  return answer(202, { id });
}

function answer(statusCode, value) {
  return { statusCode, headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
}
