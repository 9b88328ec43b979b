// What is known of each file: an object of its own, beside the results.
const bucket = require("./bucket.js");

const { RESULTS } = process.env;
const place = (id) => `records/${id}.json`;

exports.read = (id) => bucket.read(RESULTS, place(id));
exports.write = (record) => bucket.write(RESULTS, place(record.id), record);
exports.remove = (id) => bucket.remove(RESULTS, place(id));
exports.ids = async () => (await bucket.list(RESULTS, "records/")).map((key) => key.slice("records/".length, -".json".length));

// Uploads are called in/ID/NAME.
exports.idOf = (key) => key.split("/")[1];
