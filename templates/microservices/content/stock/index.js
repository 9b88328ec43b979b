// Stock: how many there are.
const STOCK = { p1: 12, p2: 0 };

exports.handler = async (event) => {
  const id = JSON.parse(event).rawPath.replaceAll("/", "");
  const known = Object.hasOwn(STOCK, id);
  return {
    statusCode: known ? 200 : 404,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(known ? { count: STOCK[id] } : { error: "nothing is known of it" }),
  };
};
