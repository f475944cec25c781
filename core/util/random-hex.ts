import fs from "node:fs";

/** Random bytes as hexadecimal digits, from the kernel: Node's own takes milliseconds to load. */
export function randomHex(bytes: number): string {
  const buffer = Buffer.alloc(bytes);
  const descriptor = fs.openSync("/dev/urandom", "r");
  try {
    // The kernel gives up to 256 bytes at once (random(4)).
    fs.readSync(descriptor, buffer);
  } finally {
    fs.closeSync(descriptor);
  }
  return buffer.toString("hex");
}
