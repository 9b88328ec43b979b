// Called when an upload was deleted: what was made of it goes too.
const bucket = require("./bucket.js");
const records = require("./records.js");

const { RESULTS } = process.env;

exports.handler = async (event) => {
  for (const { oss } of JSON.parse(event).events) {
    const id = records.idOf(decodeURIComponent(oss.object.key));
    const made = await bucket.list(RESULTS, `media/${id}/`);
    await Promise.all(made.map((key) => bucket.remove(RESULTS, key)));
    await records.remove(id);
  }
};
