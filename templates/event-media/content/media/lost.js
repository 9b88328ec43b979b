// Called when a file could not be worked on, however often it was tried: gets the call and how it ended.
const records = require("./records.js");

exports.handler = async (event) => {
  const { requestPayload, responsePayload } = JSON.parse(event);
  const call = parsed(requestPayload);
  for (const { oss } of call.events ?? []) {
    const id = records.idOf(decodeURIComponent(oss.object.key));
    const record = await records.read(id);
    if (!record) continue;
    const reason = parsed(responsePayload).errorMessage ?? "it could not be worked on";
    await records.write({ ...record, state: "failed", reason });
    console.error(`${record.name} (${id}) failed: ${reason}`);
  }
};

function parsed(payload) {
  if (typeof payload !== "string") return payload ?? {};
  try {
    return JSON.parse(payload);
  } catch {
    return {};
  }
}
