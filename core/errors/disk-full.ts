import { TsdockError } from "./tsdock-error.ts";

/** What a failed system call means where no space or quota is left: `DISK_FULL`; undefined for every other failure. */
export function diskFull(error: unknown, where: string): TsdockError | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code !== "ENOSPC" && code !== "EDQUOT") return undefined;
  const what = code === "ENOSPC" ? "no space" : "nothing of the disk quota";
  return new TsdockError("DISK_FULL", `${what} is left for ${where}`, {
    hint: "free some space, for example with `tsdock prune --keep-storage 5GB`; nothing half-written was kept",
    cause: error,
  });
}
