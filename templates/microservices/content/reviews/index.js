// Reviews: what people say. Each product's are one object of the bucket. Of two that come at the same moment one may be lost:
// where that matters, keep each review in an object of its own.
const { read, write } = require("./bucket.js");

exports.handler = async (event) => {
  const { rawPath, body, requestContext } = JSON.parse(event);
  const id = rawPath.replaceAll("/", "");
  const key = `reviews/${id}.json`;
  const reviews = JSON.parse((await read(key)) ?? "[]");
  if (requestContext.http.method !== "POST") return answer(200, reviews);
  let review;
  try {
    review = JSON.parse(body);
  } catch {
    return answer(400, { error: "a review is JSON" });
  }
  if (typeof review?.text !== "string" || !(review.stars >= 1 && review.stars <= 5)) {
    return answer(400, { error: "a review has a text, and stars from 1 to 5" });
  }
  reviews.push({ text: review.text.slice(0, 1000), stars: review.stars });
  await write(key, JSON.stringify(reviews));
  return answer(201, reviews.at(-1));
};

function answer(statusCode, value) {
  return { statusCode, headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
}
