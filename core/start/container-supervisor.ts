import process from "node:process";
import { keepCode, load, saveCode } from "./code-loader.ts";

const [home = "", ...rest] = process.argv.slice(2);
keepCode(home, "supervisor");
const { main } = load(
  "supervisor.js",
) as unknown as typeof import("../run/supervise/container-supervisor.ts");
void main([home, ...rest], saveCode);
