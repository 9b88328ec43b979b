// Writes down how far an order is, asks people, and sends letters.
const bucket = require("./bucket.js");
const { stillWanted } = require("./wish.js");
const { rehearse } = require("./rehearse.js");

exports.handler = async (event) => {
  const asked = JSON.parse(event);
  const ways = { ask, notify, done, undone, attention };
  return ways[asked.do](asked);
};

// Whoever answers reports to the token: see shop.js. Nobody is asked about what was cancelled; who cancels between the two
// looks may not have found the token, and who cancels later finds it.
async function ask({ order, token }) {
  await rehearse(order, "Approve");
  await stillWanted(order);
  const news = await note(order, { state: "waits for approval" });
  await bucket.write(`approvals/${order.id}`, { token, step: "Approve" });
  await stillWanted(order);
  return news;
}

async function notify({ order }) {
  await rehearse(order, "Notify");
  // This is the place to send a mail to the customer.
  await bucket.claim(`letters/${order.id}`, { words: `Your ${order.count} ${order.sku} are on their way.` });
  return { notified: true };
}

const done = ({ order }) => note(order, { state: "done" });

const undone = ({ order, at, why }) => note(order, { state: "undone", at, why });

// This is the place to call somebody.
async function attention({ order, at, why, token }) {
  await bucket.write(`approvals/${order.id}`, { token, step: "Attention" });
  return note(order, { state: "needs attention", at, why });
}

async function note(order, news) {
  const known = (await bucket.read(`orders/${order.id}`)) ?? order;
  await bucket.write(`orders/${order.id}`, { ...known, ...news });
  return news;
}
