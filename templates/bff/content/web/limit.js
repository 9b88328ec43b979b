// How often one visitor may ask in a minute. Each instance counts for itself: with more of them a visitor may ask more often, and none
// has to ask another.
const MINUTE = 60000;
const most = Number(process.env.PER_MINUTE);
let minute = 0;
let counts = new Map();

// The seconds to wait; nothing when there is no need to.
exports.wait = (user) => {
  const now = Date.now();
  if (Math.floor(now / MINUTE) !== minute) {
    minute = Math.floor(now / MINUTE);
    counts = new Map();
  }
  const count = (counts.get(user) ?? 0) + 1;
  counts.set(user, count);
  return count > most ? Math.ceil(((minute + 1) * MINUTE - now) / 1000) : undefined;
};
