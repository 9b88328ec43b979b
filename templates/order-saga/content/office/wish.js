// Whether the customer still wants an order: shop.js writes down that one is cancelled, in the place of its parcel.
const bucket = require("./bucket.js");

exports.CANCELLED = { Error: "Cancelled", Cause: "the customer does not want it any more" };

// Fails when the order was cancelled.
exports.stillWanted = async (order) => {
  const parcel = await bucket.read(`parcels/${order.id}`);
  if (!parcel?.cancelled) return;
  const { Error: name, Cause: words } = exports.CANCELLED;
  throw Object.assign(new Error(words), { name });
};
