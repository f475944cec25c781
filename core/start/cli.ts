import process from "node:process";
import { storeDirectory } from "../toolkit/home.ts";
import { keepCode, load, saveCode } from "./code-loader.ts";

/** Commands compile different things, and so does one that leaves its container to another process. */
function wayOf([command = "", ...rest]: readonly string[]): string {
  const isDetached = rest.some((word) => /^(?:-[a-z]*d[a-z]*|--detach)$/.test(word));
  return `${/^[a-z]+$/.test(command) ? command : "other"}${isDetached ? "-detached" : ""}`;
}

keepCode(storeDirectory({ env: process.env, cwd: process.cwd() }), wayOf(process.argv.slice(2)));
const { main } = load("main.js") as unknown as typeof import("../cli/main.ts");
void main(saveCode);
