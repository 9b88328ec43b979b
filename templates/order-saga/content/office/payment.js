// Takes money and gives it back. The order's id is the key: a second charge of one order is the first one.
const bucket = require("./bucket.js");
const { rehearse } = require("./rehearse.js");
const { stillWanted } = require("./wish.js");

exports.handler = async (event) => {
  const asked = JSON.parse(event);
  return { charge, refund }[asked.do](asked.order);
};

async function charge(order) {
  await rehearse(order, "Charge");
  await stillWanted(order);
  await bucket.claim(`charges/${order.id}`, { amount: order.amount });
  return bucket.read(`charges/${order.id}`);
}

// Where nothing was charged, nothing is from now on: a charge that comes late finds its place taken.
async function refund(order) {
  await rehearse(order, "Refund");
  await bucket.claim(`charges/${order.id}`, { amount: 0 });
  const { amount } = await bucket.read(`charges/${order.id}`);
  if (amount) await bucket.claim(`refunds/${order.id}`, { amount });
  return { refunded: amount };
}
