exports.handler = (event, context, callback) => setTimeout(() => callback(null, event), 1500);
