// Takes money and gives it back. The order's id is the key: a second charge of one order is the first one.
const bucket = require("./bucket.js");
const { rehearse } = require("./rehearse.js");

exports.handler = async (event) => {
  const asked = JSON.parse(event);
  return { charge, refund }[asked.do](asked.order);
};

async function charge(order) {
  await rehearse(order, "Charge");
  await bucket.claim(`charges/${order.id}`, { amount: order.amount });
  return { charged: order.amount };
}

// Without a charge there is nothing to give back.
async function refund(order) {
  await rehearse(order, "Refund");
  const charged = await bucket.read(`charges/${order.id}`);
  if (charged) await bucket.claim(`refunds/${order.id}`, charged);
  return { refunded: charged?.amount ?? 0 };
}
