import assert from "node:assert/strict";
import test from "node:test";
import { bound, decode, encode } from "../frame.mjs";

const parts = ["", "a", "é\0", new Uint8Array([0, 255, 128]), "x".repeat(70_000), "\u{1f511}", "\x7f\x80", new Uint8Array(300).fill(200)];

test("a frame comes back as it was", () => {
  const back = decode(encode(parts));
  assert.equal(back.length, parts.length);
  parts.forEach((part, i) => (typeof part === "string" ? assert.equal(back.text(i), part) : assert.deepEqual(back.bytes(i), part)));
  assert.deepEqual(back.bytes(2), new TextEncoder().encode("é\0"));
  assert.equal(decode(new Uint8Array()).length, 0);
});

test("a byte order mark is text: without it the subject U+FEFF alice would be alice", () => {
  assert.equal(decode(encode(["\ufeffalice"])).text(0), "\ufeffalice");
});

test("a frame has room in its bound", () => {
  for (const p of parts) assert.ok(encode([p]).length <= bound([p]));
});

test("what is decoded is a copy: the memory is used again", () => {
  const whole = new Uint8Array(30);
  whole.set(encode(["abc", "é"]), 5);
  const frame = decode(whole.subarray(5, 18));
  whole.fill(0);
  assert.deepEqual([frame.text(0), frame.text(1), [...frame.bytes(0)]], ["abc", "é", [97, 98, 99]]);
});

test("a frame without its first strings", () => {
  const rest = decode(encode(["a", "b", "c", "d"])).after(1).after(1);
  assert.deepEqual([rest.length, rest.text(0), rest.texts(), rest.texts(1), rest.texts(0, 1)], [2, "c", ["c", "d"], ["d"], ["c"]]);
});

test("what is not there is empty", () => {
  const frame = decode(encode(["a"]));
  assert.deepEqual([frame.text(1), frame.bytes(1).length], ["", 0]);
});
