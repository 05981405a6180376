// Frames: the lists of byte strings that pass between Go and here. On the wire
// each is its length in four bytes, the least significant first, and then itself
// (worker/frame.go). Nearly all are short ASCII text, and there are dozens in a
// request, so that is what is quick here.

const encoder = new TextEncoder();
// A leading U+FEFF is a character like any other: the decoder's own way would
// make the subject "U+FEFF alice" alice in a header.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const latin1 = new TextDecoder("latin1"); // one character a byte
const BEYOND_ASCII = /[^\0-\x7f]/;

// A Frame is one that came from Go. It holds no reference to the memory that it
// was read from, which is used again.
export class Frame {
  #wire;
  #all; // the wire as one text, of which each ASCII string is a part
  #ends; // of the strings, each of which begins four bytes behind the one before
  #first;

  constructor(wire, all, ends, first) {
    this.#wire = wire;
    this.#all = all;
    this.#ends = ends;
    this.#first = first;
  }

  get length() { return this.#ends.length - this.#first; }

  // text returns the string at i as text, "" where the frame is shorter.
  text(i) {
    if (i >= this.length) return "";
    const [from, to] = this.#span(i);
    const text = this.#all.slice(from, to);
    return BEYOND_ASCII.test(text) ? utf8.decode(this.#wire.subarray(from, to)) : text;
  }

  // texts returns those from one index up to another.
  texts(from = 0, to = this.length) {
    return Array.from({ length: to - from }, (_, i) => this.text(from + i));
  }

  // bytes returns a copy of the string at i.
  bytes(i) { return i < this.length ? this.#wire.slice(...this.#span(i)) : new Uint8Array(); }

  // after returns the frame without its first n strings.
  after(n) { return new Frame(this.#wire, this.#all, this.#ends, this.#first + n); }

  #span(i) {
    const at = this.#first + i;
    return [(at > 0 ? this.#ends[at - 1] : 0) + 4, this.#ends[at]];
  }
}

// decode reads a frame, and copies it.
export function decode(wire) {
  const ends = [];
  for (let at = 0; at < wire.length; ends.push(at)) {
    at += 4 + (wire[at] | wire[at + 1] << 8 | wire[at + 2] << 16 | wire[at + 3] << 24);
  }
  return new Frame(wire.slice(), latin1.decode(wire), ends, 0);
}

// bound returns how many bytes a list of strings and byte arrays takes at most.
export function bound(parts) {
  return parts.reduce((n, p) => n + 4 + (typeof p === "string" ? 3 * p.length : p.length), 0);
}

// write writes such a list into a buffer, and returns how many bytes that took.
export function write(buffer, parts) {
  let at = 0;
  for (const p of parts) {
    const size = put(buffer, at + 4, p);
    buffer[at] = size;
    buffer[at + 1] = size >> 8;
    buffer[at + 2] = size >> 16;
    buffer[at + 3] = size >> 24;
    at += 4 + size;
  }
  return at;
}

function put(buffer, at, p) {
  if (typeof p !== "string") {
    buffer.set(p, at);
    return p.length;
  }
  for (let i = 0; i < p.length; i++) {
    const c = p.charCodeAt(i);
    if (c > 127) return encoder.encodeInto(p, buffer.subarray(at)).written;
    buffer[at + i] = c;
  }
  return p.length;
}

// encode returns the wire form of such a list.
export function encode(parts) {
  const buffer = new Uint8Array(bound(parts));
  return buffer.subarray(0, write(buffer, parts));
}
