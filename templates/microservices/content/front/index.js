// The front: one question from outside becomes several inside, asked side by side. What does not answer in time is left out, with a
// warning; only the product itself must be there.
const PATIENCE = 2000;
const { PRODUCTS, PRICES, STOCK, REVIEWS } = process.env;
const SERVICES = { products: PRODUCTS, prices: PRICES, stock: STOCK, reviews: REVIEWS };

exports.handler = async (event) => {
  const { requestContext, rawPath, headers, body, isBase64Encoded } = JSON.parse(event);
  // Passed on, so that `sdev logs --request-id` finds what the services wrote for a request.
  const trace = headers.Traceparent ? { traceparent: headers.Traceparent } : {};
  const [, id, reviews] = /^\/products\/([a-z0-9-]{1,40})(\/reviews)?$/.exec(rawPath) ?? [];
  const method = requestContext.http.method;
  if (id === undefined) return answer(404, { error: "there is nothing here" });
  if (method === "GET" && !reviews) return product(id, trace);
  if (method === "POST" && reviews) return review(id, isBase64Encoded ? Buffer.from(body, "base64") : body, trace);
  return answer(405, { error: "GET a product, or POST to its reviews" });
};

async function product(id, trace) {
  const [product, price, stock, reviews] = await Promise.all([
    ask("products", id, trace), ask("prices", id, trace), ask("stock", id, trace), ask("reviews", id, trace),
  ]);
  if (product.missing) return answer(404, { error: `there is no product ${id}` });
  if (product.warning) return answer(503, { error: product.warning });
  const warnings = [price, stock, reviews].map((part) => part.warning).filter(Boolean);
  const known = (part) => part.value ?? null;
  return answer(200, { ...product.value, price: known(price), stock: known(stock), reviews: known(reviews), warnings });
}

async function review(id, body, trace) {
  const found = await ask("products", id, trace);
  if (found.missing) return answer(404, { error: `there is no product ${id}` });
  if (found.warning) return answer(503, { error: found.warning });
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(SERVICES.reviews + id, { method: "POST", headers: trace, body, signal });
    if (response.ok || response.status === 400) return answer(response.status, await response.json());
    console.error("reviews", response.status);
  } catch (error) {
    console.error("reviews", error);
  }
  return answer(503, { error: "the review cannot be kept now" });
}

// What a service knows of a product: a value, that it is missing, or a warning.
async function ask(name, id, trace) {
  try {
    const response = await fetch(SERVICES[name] + id, { headers: trace, signal: AbortSignal.timeout(PATIENCE) });
    if (response.status === 404) return { missing: true };
    if (!response.ok) return { warning: `${name} failed (${response.status})` };
    return { value: await response.json() };
  } catch (error) {
    console.error(name, error);
    return { warning: `${name} did not answer in time` };
  }
}

function answer(statusCode, value) {
  return { statusCode, headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
}
