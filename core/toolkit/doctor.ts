import type { Problem } from "../oci/store/verify.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import { createLazyExecutor } from "./lazy-executor.ts";
import { isTsdockError } from "../errors/tsdock-error.ts";
import { openStore } from "./open-store.ts";

export interface DoctorReport {
  /** What this machine can do. */
  readonly machine: readonly { readonly name: string; readonly finding: string }[];
  readonly problems: readonly (Problem & { readonly code: string })[];
}

/** Looks at everything in the store and at what this machine offers. */
export async function examine({ repair }: { readonly repair: boolean }, host: Host): Promise<DoctorReport> {
  await using executor = createLazyExecutor({ host, runtime: undefined });
  await using store = await openStore(host, executor.get);
  const problems = await store.verify({ repair, signal: host.signal });
  return {
    machine: [
      { name: "node", finding: `${process.versions.node} (zlib ${process.versions.zlib})` },
      { name: "store", finding: storeDirectory(host) },
      { name: "RUN steps", finding: await describeExecutor(executor) },
    ],
    problems: problems.map((problem) => ({ ...problem, code: problem.kind })),
  };
}

async function describeExecutor(executor: ReturnType<typeof createLazyExecutor>): Promise<string> {
  try {
    return await (await executor.get()).describe();
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    return `not possible: ${error.message}`;
  }
}
