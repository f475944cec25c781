#!/usr/bin/env node
import process from "node:process";
import { storeDirectory } from "../toolkit/home.ts";
import { enableCompileCache } from "./compile-cache.ts";
import { watchInterrupts } from "./interrupt.ts";
import { runCommandLine } from "./run-command-line.ts";
import { processTerminal } from "./terminal.ts";

const { env } = process;
const cwd = process.cwd();
enableCompileCache(storeDirectory({ env, cwd }));
const exitCode = await runCommandLine(process.argv.slice(2), {
  cwd,
  env,
  terminal: processTerminal(process),
  interrupts: () => watchInterrupts(process),
});
// Pipes are written asynchronously: the code is set and the process ends by itself when they are empty.
process.exitCode = exitCode;
