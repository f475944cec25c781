import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { machineCertificates } from "./machine-certificates.ts";

/** Real package managers by the version that tests ask for, installed once per machine from the registry that npm uses. */
const cache = path.join(os.tmpdir(), "tsdock-package-managers");

const programs = {
  pnpm8: { package: "pnpm@8", file: "pnpm/bin/pnpm.cjs" },
  pnpm9: { package: "pnpm@9", file: "pnpm/bin/pnpm.cjs" },
  pnpm10: { package: "pnpm@10", file: "pnpm/bin/pnpm.cjs" },
  yarn1: { package: "yarn@1", file: "yarn/bin/yarn.js" },
  yarn4: { package: "@yarnpkg/cli-dist@4", file: "@yarnpkg/cli-dist/bin/yarn.js" },
} as const;

export type PackageManager = keyof typeof programs | "npm";

function install(name: keyof typeof programs): string {
  const { package: wanted, file } = programs[name];
  const directory = path.join(cache, name);
  const program = path.join(directory, "node_modules", file);
  if (fs.existsSync(program)) return program;
  const fresh = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-package-manager-"));
  fs.writeFileSync(path.join(fresh, "package.json"), '{"private":true}');
  execute("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", wanted], fresh);
  fs.mkdirSync(cache, { recursive: true });
  try {
    fs.renameSync(fresh, directory);
  } catch (error) {
    // another process was faster
    if ((error as NodeJS.ErrnoException).code !== "ENOTEMPTY") throw error;
    fs.rmSync(fresh, { recursive: true, force: true });
  }
  return program;
}

export interface Machine {
  /** Node's name of the architecture that the package manager is to believe in. */
  readonly cpu?: "x64" | "arm64";
  readonly env?: Readonly<Record<string, string>>;
}

/** Without what a package manager that runs the tests has put there: the settings of this repository. */
const ownEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

function execute(command: string, args: readonly string[], cwd: string, env: Machine["env"] = {}): string {
  const result = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    timeout: 240_000,
    env: {
      ...ownEnvironment(),
      ...machineCertificates(),
      CI: "true",
      YARN_ENABLE_TELEMETRY: "0",
      YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
      ...env,
    },
  });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${command} ${args.join(" ")}: ${result.error?.message ?? ""}${result.stdout}${result.stderr}`,
  );
}

/** Runs a package manager in a directory; its failure throws with what it said. */
export function runPackageManager(
  name: PackageManager,
  args: readonly string[],
  cwd: string,
  { cpu, env }: Machine = {},
): string {
  if (name === "npm")
    return execute("npm", [...args, "--no-audit", "--no-fund", "--ignore-scripts"], cwd, env);
  const preload = path.join(cwd, ".arch.cjs");
  if (cpu !== undefined)
    fs.writeFileSync(preload, `Object.defineProperty(process, "arch", { value: "${cpu}" });`);
  const before = cpu === undefined ? [] : ["--require", preload];
  return execute(process.execPath, [...before, install(name), ...args], cwd, env);
}
