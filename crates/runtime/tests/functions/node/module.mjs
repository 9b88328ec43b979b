export const handler = async (event, context) => ({ esm: String(event), id: context.requestId });
