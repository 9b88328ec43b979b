let calls = 0;
exports.handler = async (event, context) => {
  calls += 1;
  console.log("called", calls);
  return { event: event.toString(), calls, request: context.requestId, name: context.function.name, word: process.env.WORD };
};
exports.back = (event, context, callback) => callback(new Error("no such thing as " + event));
exports.fails = async (event) => {
  throw new TypeError("no such thing as " + event);
};
exports.leaves = () => process.exit(3);
