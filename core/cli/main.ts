#!/usr/bin/env node
import { statSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { TsdockError } from "../errors/tsdock-error.ts";
import { storeDirectory } from "../toolkit/home.ts";
import type { Host } from "../toolkit/host.ts";
import { commands, globalOptions } from "./command-table.ts";
import { enableCompileCache } from "./compile-cache.ts";
import { installedEntryPoints, installedVersion } from "../toolkit/installation.ts";
import { watchInterrupts } from "./interrupt.ts";
import { textOption } from "./options.ts";
import { parseCommandLine } from "./parse.ts";
import { printFailure } from "./print-failure.ts";
import { createReporter } from "./reporters/create-reporter.ts";
import { sharedTerminal } from "./reporters/reporter.ts";
import { processTerminal } from "./terminal.ts";

/** `-C`; error `USAGE` where it is no directory. */
function workingDirectory(given: string | undefined): string {
  const directory = path.resolve(given ?? ".");
  if (given === undefined || (statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false))
    return directory;
  throw new TsdockError("USAGE", `-C ${given}: ${directory} is not a directory`, {
    hint: "name the directory to work in",
  });
}

async function main(argv: readonly string[]): Promise<number> {
  const terminal = processTerminal(process);
  const debug = argv.includes("--debug");
  try {
    const parsed = await parseCommandLine(argv, installedVersion(), terminal);
    if (parsed.kind === "done") return parsed.exitCode;
    const { command, options, args } = parsed;
    const reporter = createReporter(String(options["progress"]), { terminal, debug, env: process.env });
    const interrupts = watchInterrupts(process);
    const host: Host = {
      cwd: workingDirectory(textOption(options, "cwd")),
      env: process.env,
      emit: reporter.emit,
      signal: interrupts.signal,
      self: installedEntryPoints(),
    };
    try {
      const action = await command.load();
      return await action({
        options,
        args,
        terminal: sharedTerminal(terminal, reporter),
        host,
        interrupts,
        table: { commands, globalOptions },
      });
    } finally {
      reporter.close();
    }
  } catch (error) {
    return await printFailure(error, { terminal, debug });
  }
}

enableCompileCache(storeDirectory({ env: process.env, cwd: process.cwd() }));
const exitCode = await main(process.argv.slice(2));
// Pipes are written asynchronously: the code is set and the process ends by itself when they are empty.
process.exitCode = exitCode;
