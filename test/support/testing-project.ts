import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { type CliResult, CliWorkspace, finished } from "./cli.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** A workspace with tsdock installed as npm installs it, and test runners beside it. */
export class TestingProject extends CliWorkspace {
  constructor() {
    super();
    const modules = this.path("node_modules");
    fs.mkdirSync(path.join(modules, "tsdock"), { recursive: true });
    for (const name of ["package.json", "dist"])
      fs.cpSync(path.join(root, name), path.join(modules, "tsdock", name), { recursive: true });
    const { dependencies } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    for (const name of [...Object.keys(dependencies), "vitest", "@types/node"]) {
      fs.mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
      fs.symlinkSync(path.join(root, "node_modules", name), path.join(modules, name));
    }
  }

  #node(args: readonly string[]): Promise<CliResult> {
    const child = spawn(process.execPath, [...args], {
      cwd: this.directory,
      env: { ...process.env, TSDOCK_HOME: this.home, NO_COLOR: "1", VITEST: "", NODE_ENV: "test" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 100_000,
    });
    return finished(child);
  }

  vitest(...args: readonly string[]): Promise<CliResult> {
    return this.#node([path.join(root, "node_modules/vitest/vitest.mjs"), "run", ...args]);
  }

  nodeTest(...files: readonly string[]): Promise<CliResult> {
    return this.#node(["--test", "--test-reporter=tap", ...files]);
  }

  typeCheck(): Promise<CliResult> {
    return this.#node([path.join(root, "node_modules/typescript/bin/tsc"), "-p", "."]);
  }
}
