import fs from "node:fs";
import path from "node:path";
import type { HostTools } from "../../build/native/host-tools.ts";
import type { RuntimeName } from "../../build/native/native-options.ts";
import type { Starter } from "../../build/native/run-step.ts";
import { bootId } from "../../oci/store/process-owner.ts";
import { keep, readKept } from "../../util/kept-json.ts";

const format = "tsdock starter 1";

/** What worked, and what it worked with. */
interface Remembered {
  readonly boot: string;
  readonly uid: number;
  /** Path, size and time of the program. */
  readonly program: string;
  readonly starter: Starter;
}

export interface KnownStarterOptions {
  /** The store's directory. */
  readonly home: string;
  readonly runtime: RuntimeName | undefined;
  readonly tools: HostTools;
  readonly rootless: boolean;
}

/**
 * What starts containers here: tried once and remembered until the machine restarts or the program changes, since a
 * trial takes as long as a container. `chroot` where nothing isolates. Error `EXECUTOR_UNAVAILABLE`.
 */
export async function knownStarter(options: KnownStarterOptions): Promise<Starter | "chroot"> {
  const { home, runtime, tools, rootless } = options;
  const file = path.join(home, "contexts", `starter-${runtime ?? "any"}-${rootless ? "user" : "root"}.json`);
  const remembered = readKept(file, format) as Remembered | undefined;
  if (remembered !== undefined && isStill(remembered)) return remembered.starter;
  const { findWay } = await import("../../build/native/find-starter.ts");
  const stateDirectory = path.join(home, "sandbox");
  const starter = await findWay({ stateDirectory, emit: () => undefined, tools, rootless, runtime });
  if (starter === "chroot") return starter;
  const facts = { boot: bootId(), uid: process.getuid?.() ?? 0, program: programOf(starter), starter };
  keep(file, format, facts satisfies Remembered);
  return starter;
}

function isStill({ boot, uid, program, starter }: Remembered): boolean {
  return boot === bootId() && uid === process.getuid?.() && program === programOf(starter);
}

function programOf(starter: Starter): string {
  if (starter.name === "kernel") return "";
  const stats = fs.statSync(starter.path, { throwIfNoEntry: false });
  return `${starter.path} ${stats?.size} ${stats?.mtimeMs}`;
}
