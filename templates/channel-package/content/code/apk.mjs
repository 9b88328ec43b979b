// Where the parts of an Android package are, and how a channel is written into it.
//
// A package is a zip archive. Its signature (versions 2 and 3) stands in a block between the files and the archive's directory, and
// covers everything but that block. So a pair added to the block leaves the signature valid; apps read it with any of the
// usual channel libraries (pair 0x71777777). Only the place of the directory, which stands at the very end, must be corrected.
const CHANNEL = 0x71777777;
const MAGIC = Buffer.from("APK Sig Block 42");
const END = 0x06054b50;
const LONGEST_END = 22 + 65535;

async function read(open, first, last) {
  const parts = [];
  for await (const part of await open(first, last)) parts.push(part);
  return Buffer.concat(parts);
}

// The parts of a package of `size` bytes that `open(first, last)` reads.
export async function layout(size, open) {
  const tail = await read(open, Math.max(0, size - LONGEST_END), size - 1);
  let end = tail.length - 22;
  while (end >= 0 && !(tail.readUInt32LE(end) === END && tail.readUInt16LE(end + 20) === tail.length - end - 22)) end -= 1;
  if (end < 0) throw new Error("the package is no zip archive");
  const directory = tail.readUInt32LE(end + 16);
  const rest = await read(open, directory, size - 1);
  const footer = await read(open, directory - 24, directory - 1);
  if (!footer.subarray(8).equals(MAGIC)) throw new Error("the package has no signature of version 2 or 3");
  // The block's size, which stands before and behind it, counts all but its first 8 bytes.
  const length = Number(footer.readBigUInt64LE(0));
  const prefix = directory - length - 8;
  const block = await read(open, prefix, directory - 1);
  return { prefix, pairs: pairs(block), rest, end: rest.length - (tail.length - end) };
}

// The pairs of a block, without a channel that was written before.
function pairs(block) {
  const found = [];
  for (let at = 8; at < block.length - 24; ) {
    const length = Number(block.readBigUInt64LE(at));
    const pair = block.subarray(at, at + 8 + length);
    if (pair.readUInt32LE(8) !== CHANNEL) found.push(pair);
    at += 8 + length;
  }
  return found;
}

// Everything behind the prefix, with the channel in it.
export function withChannel({ prefix, pairs, rest, end }, channel) {
  const text = Buffer.from(JSON.stringify({ channel }));
  const own = Buffer.alloc(12);
  own.writeBigUInt64LE(BigInt(4 + text.length), 0);
  own.writeUInt32LE(CHANNEL, 8);
  const inner = Buffer.concat([...pairs, own, text]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(inner.length + 24));
  const block = Buffer.concat([length, inner, length, MAGIC]);
  const moved = Buffer.from(rest);
  moved.writeUInt32LE(prefix + block.length, end + 16);
  return Buffer.concat([block, moved]);
}
