// Failures on purpose: an order may say which step fails, and how. Take it out when you have seen enough.
const bucket = require("./bucket.js");

// `busy: {Charge: 2}` makes a step fail twice for a moment, `fail: {Charge: "CardDeclined"}` for good, under that name.
exports.rehearse = async (order, step) => {
  for (let number = 0; number < (order.busy?.[step] ?? 0); number++) {
    if (await bucket.claim(`tries/${order.id}/${step}/${number}`, {})) throw error("Busy", `${step} is busy for a moment`);
  }
  if (order.fail?.[step]) throw error(order.fail[step], `${step} fails, as the order asked`);
};

// What an order says of that; nothing when it is not said well.
exports.rehearsal = ({ busy, fail }) => {
  const all = (said, fits) => said === undefined || (said?.constructor === Object && Object.values(said).every(fits));
  const isName = (name) => typeof name === "string" && /^[A-Za-z]\w{0,40}$/.test(name);
  return all(busy, (times) => [0, 1, 2, 3, 4, 5].includes(times)) && all(fail, isName) ? { busy, fail } : undefined;
};

// An error under a name that the flow can tell apart.
const error = (name, message) => Object.assign(new Error(message), { name });
