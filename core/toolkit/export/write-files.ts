import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { GeneratedFile } from "../../graph/export/dockerfile/surroundings.ts";

const marker = ".tsdock-export";

/** Writes what cannot stand in the exported file itself beside it; a directory that an earlier export wrote is replaced. */
export function writeBeside(
  directory: string,
  files: ReadonlyMap<string, GeneratedFile>,
  isWanted = files.size > 0,
): void {
  if (!isWanted) return;
  if (fs.existsSync(directory) && !fs.existsSync(path.join(directory, marker))) {
    throw new TsdockError("OUTPUT_UNWRITABLE", `${directory} is there already and no export wrote it`, {
      hint: "move it away, or write to another file",
    });
  }
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, marker), "");
  for (const [name, file] of files) {
    const target = path.join(directory, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    if (file.type === "symlink") fs.symlinkSync(file.target, target);
    else fs.writeFileSync(target, bytesOf(file.content));
  }
}

const bytesOf = (content: Extract<GeneratedFile, { type: "file" }>["content"]): Buffer =>
  "text" in content ? Buffer.from(content.text, "utf8") : Buffer.from(content.base64, "base64");

/** Error `OUTPUT_UNWRITABLE`. */
export function writeExported(file: string, text: string | Uint8Array): void {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  } catch (error) {
    throw new TsdockError("OUTPUT_UNWRITABLE", `${file} cannot be written: ${(error as Error).message}`, {
      hint: "name a file that you may write",
      cause: error,
    });
  }
}
