// Profile: who people are.
const PEOPLE = {
  ada: { name: "Ada", mail: "ada@example.com", address: { street: "12 Engine Row", city: "London" } },
  alan: { name: "Alan", mail: "alan@example.com", address: { street: "8 Tape Lane", city: "Manchester" } },
};

exports.handler = async (event) => {
  const id = JSON.parse(event).rawPath.replaceAll("/", "");
  const known = Object.hasOwn(PEOPLE, id);
  return {
    statusCode: known ? 200 : 404,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(known ? PEOPLE[id] : { error: "nobody is called that" }),
  };
};
