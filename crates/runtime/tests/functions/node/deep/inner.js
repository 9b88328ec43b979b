exports.handler = async () => require("./near.js");
