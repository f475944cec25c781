import process from "node:process";
import { storeDirectory } from "../toolkit/home.ts";
import { keepCode, load, saveCode } from "./code-loader.ts";

const [command = "", ...rest] = process.argv.slice(2);
const has = (words: RegExp): boolean => rest.some((word) => words.test(word));
const isDetached = has(/^(?:-[a-z]*d[a-z]*|--detach)$/);

const home = storeDirectory({ env: process.env, cwd: process.cwd() });
// Commands compile different things, and so does one that leaves its container to another process.
keepCode(home, `${/^[a-z]+$/.test(command) ? command : "other"}${isDetached ? "-detached" : ""}`);

const { main } = load("main.js") as unknown as typeof import("../cli/main.ts");
void main((wasCommand) => {
  if (wasCommand) saveCode();
});
