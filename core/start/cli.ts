import process from "node:process";
import { storeDirectory } from "../toolkit/home.ts";
import { keepCode, load, saveCode } from "./code-loader.ts";

const [command = "", ...rest] = process.argv.slice(2);
const has = (words: RegExp): boolean => rest.some((word) => words.test(word));
const isDetached = has(/^(?:-[a-z]*d[a-z]*|--detach)$/);

const home = storeDirectory({ env: process.env, cwd: process.cwd() });
// Commands compile different things, and so does one that leaves its container to another process.
keepCode(home, `${/^[a-z]+$/.test(command) ? command : "other"}${isDetached ? "-detached" : ""}`);

/**
 * `run -d` needs a second Node, which takes longer to start than all else: it begins now, unless a word may mean that it would have
 * to be another one. It ends with this process when nothing comes of it.
 */
const startsSupervisor =
  command === "run" && isDetached && !has(/^-[a-z]*[it]|^--(?:net|engine|tty|interactive|help)/);
const ahead = startsSupervisor
  ? (load("ahead.js") as unknown as typeof import("../run/supervise/ahead.ts"))
  : undefined;
ahead?.startAhead(home);

const { main } = load("main.js") as unknown as typeof import("../cli/main.ts");
void main((wasCommand) => {
  ahead?.dropAhead();
  if (wasCommand) saveCode();
});
