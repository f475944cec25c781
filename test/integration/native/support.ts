import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { ExecOutcome, ExecRequest, Executor } from "../../../core/build/executor.ts";
import { type NativeExecutor, type RuntimeName } from "../../../core/build/native/native-options.ts";
import { createNativeExecutor } from "../../../core/build/native/native-executor.ts";
import { findProgram, requires } from "../../support/requires.ts";

/** A directory that everyone may enter, as the unprivileged user of some tests must. */
export function temporaryDirectory(): string {
  return mkdtempSync(path.join(os.tmpdir(), "tsdock-native-"));
}

const applets = [
  "sh",
  "true",
  "false",
  "cat",
  "ls",
  "id",
  "mkdir",
  "rm",
  "ln",
  "chmod",
  "chown",
  "touch",
  "sleep",
  "env",
];
const moreApplets = [
  "hostname",
  "mkfifo",
  "stat",
  "cp",
  "mv",
  "kill",
  "test",
  "ifconfig",
  "grep",
  "pwd",
  "wc",
  "find",
  "sed",
];

/** A lower directory with a static busybox. */
export function busyboxTree(directory: string): string {
  const root = path.join(directory, "base");
  for (const name of ["bin", "etc", "root", "tmp"]) mkdirSync(path.join(root, name), { recursive: true });
  copyFileSync(findProgram("busybox") ?? "/bin/busybox", path.join(root, "bin/busybox"));
  for (const name of [...applets, ...moreApplets]) symlinkSync("busybox", path.join(root, "bin", name));
  writeFileSync(
    path.join(root, "etc/passwd"),
    "root:x:0:0::/root:/bin/sh\nann:x:1234:1234::/home/ann:/bin/sh\n",
  );
  writeFileSync(path.join(root, "etc/group"), "root:x:0:\nann:x:1234:\nstaff:x:50:ann\n");
  return root;
}

/** The executors that root has: each gives the same. */
export const runtimes = ["crun", "runc", "kernel"] as const;

export const isThere = (runtime: RuntimeName): boolean =>
  runtime === "kernel" ? requires("root", "overlayfs") : requires("root", "overlayfs", runtime);

export async function openNative(directory: string, runtime: RuntimeName): Promise<NativeExecutor> {
  return createNativeExecutor({ stateDirectory: path.join(directory, "state"), emit: () => {}, runtime });
}

let count = 0;
/** Of the command that was run last. */
export const commandId = (): string => `t${process.pid}-${count - 1}`;

export type TestRequest = Partial<Omit<ExecRequest, "output">> & Pick<ExecRequest, "lower" | "argv">;
export type Captured = ExecOutcome & {
  readonly log: string;
  readonly snapshot: string;
  readonly tar: string;
};

/** Runs one command with the settings that most tests share. */
export async function execute(
  executor: Executor,
  directory: string,
  request: TestRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<Captured> {
  const number = count++;
  const snapshot = path.join(directory, `snapshot${number}`);
  const tar = path.join(directory, `layer${number}.tar`);
  const chunks: Uint8Array[] = [];
  const outcome = await executor.exec(
    {
      id: commandId(),
      env: [],
      cwd: "/",
      user: "",
      hostname: "tsdock",
      mounts: [],
      network: "host",
      capture: { tar, snapshot, clampTime: 1_000 },
      output: (_stream, chunk) => void chunks.push(Buffer.from(chunk)),
      ...request,
    },
    signal,
  );
  return { ...outcome, log: Buffer.concat(chunks).toString(), snapshot, tar };
}

export const shell = (script: string): readonly string[] => ["/bin/sh", "-c", script];

/** Names below a directory, sorted, directories with a slash at their end. */
export function namesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map(
      (entry) =>
        path.relative(directory, path.join(entry.parentPath, entry.name)) + (entry.isDirectory() ? "/" : ""),
    )
    .sort();
}
