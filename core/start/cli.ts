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
 * A container needs namespaces, and `run -d` a second Node, which takes longer to start than all else: they begin now, unless a word may
 * mean that they would have to be others. They end with this process when nothing comes of them.
 */
const beginsAhead = command === "run" && !has(/^-[a-z]*[it]|^--(?:net|engine|tty|interactive|help)/);
const ahead = beginsAhead
  ? (load("ahead.js") as unknown as typeof import("../run/supervise/ahead.ts"))
  : undefined;
if (isDetached) ahead?.startAhead(home);
else ahead?.openAhead();

const { main } = load("main.js") as unknown as typeof import("../cli/main.ts");
void main((wasCommand) => {
  ahead?.dropAhead();
  if (wasCommand) saveCode();
});
