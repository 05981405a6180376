// Reading what others send, up to a bound.

// readBounded returns the bytes of a stream. Of one that is longer than limit it
// returns one byte more, and reads no further. No stream is an empty one.
export async function readBounded(stream, limit) {
  const reader = stream?.getReader();
  const chunks = [];
  let size = 0;
  for (let part; reader && size <= limit && !(part = await reader.read()).done; ) {
    const chunk = part.value.subarray(0, limit + 1 - size);
    chunks.push(chunk);
    size += chunk.length;
  }
  if (size > limit) reader.cancel().catch(() => {}); // nobody waits for the other end
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
