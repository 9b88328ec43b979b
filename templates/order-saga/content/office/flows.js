// Calls the workflow's API, signed with the keys that the function was given.
const { createHmac, randomUUID } = require("crypto");

const { FNF_ENDPOINT, FC_REGION } = process.env;
const endpoint = FNF_ENDPOINT ?? `https://${FC_REGION}.fnf.aliyuncs.com`;

const strict = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

exports.ask = async (action, parameters) => {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret, ALIBABA_CLOUD_SECURITY_TOKEN: token } =
    process.env;
  const all = {
    ...parameters,
    Action: action,
    Version: "2019-03-15",
    Format: "JSON",
    AccessKeyId: id,
    SignatureMethod: "HMAC-SHA1",
    SignatureVersion: "1.0",
    SignatureNonce: randomUUID(),
    Timestamp: new Date().toISOString().replace(/\.\d+/, ""),
    ...(token && { SecurityToken: token }),
  };
  const form = Object.keys(all).sort().map((name) => `${strict(name)}=${strict(String(all[name]))}`).join("&");
  const signature = createHmac("sha1", `${secret}&`).update(`POST&%2F&${strict(form)}`).digest("base64");
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: `${form}&Signature=${strict(signature)}`,
  });
  const answer = await response.json();
  if (response.ok) return answer;
  throw Object.assign(new Error(`${action}: ${answer.Message}`), { code: answer.Code });
};

// Begins an execution, or finds it begun: a name stands for one execution only.
exports.begin = async (flow, name, input) => {
  try {
    await exports.ask("StartExecution", { FlowName: flow, ExecutionName: name, Input: JSON.stringify(input) });
  } catch (error) {
    if (error.code !== "ExecutionAlreadyExists") throw error;
  }
};
