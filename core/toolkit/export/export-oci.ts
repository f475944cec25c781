import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Host } from "../host.ts";
import { writeOutput } from "../outputs.ts";
import { solveImages } from "../solve-images.ts";
import type { SolveSelection } from "../solve-options.ts";

/**
 * Builds images and writes them as `build --output type=oci` does: one to the directory itself, several to `DIR/NAME`, or to a tar.
 * Error `USAGE` where no place is named.
 */
export async function exportAsOci(
  selection: SolveSelection,
  output: string | undefined,
  host: Host,
): Promise<void> {
  if (output === undefined || output === "") {
    throw new TsdockError("USAGE", "tsdock export oci needs a place to write to", {
      hint: "give a directory, or a file that ends with .tar: -o out",
    });
  }
  const isStream = output === "-";
  const destination = isStream ? undefined : path.resolve(host.cwd, output);
  const isArchive = isStream || output.endsWith(".tar");
  await using solved = await solveImages(selection, host, {
    async chosen(images) {
      if (isArchive) requireOne(images.length);
    },
  });
  await writeOutput({ type: "oci", destination, tar: isArchive }, solved, host);
}

function requireOne(count: number): void {
  if (count === 1) return;
  throw new TsdockError("USAGE", `one archive holds one image, and ${count} are to be exported`, {
    hint: "name one image, or give a directory",
  });
}
