import { TsdockError } from "../errors/tsdock-error.ts";
import type { OverlaidFile } from "../util/file-overlay.ts";
import { type GitOptions, runGit, runGitBytes } from "./run-git.ts";

/** What a file was. */
export interface Old {
  readonly mode: string;
  readonly object: string;
}

const modes: Readonly<Record<string, OverlaidFile["kind"]>> = {
  "100644": "file",
  "100755": "executable",
  "120000": "link",
};

/** All at once through one process, and those that a checkout would filter one by one. */
export async function readBlobs(
  was: readonly (readonly [name: string, old: Old | undefined])[],
  options: GitOptions,
): Promise<ReadonlyMap<string, OverlaidFile>> {
  const present = was.flatMap(([name, old]) => (old === undefined ? [] : [{ name, old }]));
  if (present.length === 0) return new Map();
  const input = present.map(({ old }) => `${old.object}\n`).join("");
  const contents = readBatch(await runGitBytes(["cat-file", "--batch"], { ...options, input }));
  const filtered = await filteredNames(
    present.map(({ name }) => name),
    options,
  );
  const files = new Map<string, OverlaidFile>();
  for (const [index, { name, old }] of present.entries()) {
    const kind = modes[old.mode] ?? "file";
    const plain = contents[index];
    if (plain === undefined) throw lacking(name);
    const bytes = filtered.has(name) && kind !== "link" ? await filter(name, old, options) : plain;
    files.set(name, { bytes, kind });
  }
  return files;
}

/** As a checkout would write it: line ends, encodings, large files that are kept elsewhere. */
const filter = (name: string, { object }: Old, options: GitOptions): Promise<Buffer> =>
  runGitBytes(
    ["cat-file", "--filters", `--path=${Buffer.from(name, "latin1").toString("utf8")}`, object],
    options,
  );

async function filteredNames(names: readonly string[], options: GitOptions): Promise<ReadonlySet<string>> {
  const crlf = await runGit(["config", "--default", "false", "core.autocrlf"], options);
  if (crlf.trim() === "true") return new Set(names);
  const attributes = ["filter", "eol", "ident", "working-tree-encoding"];
  const input = names.map((name) => `${name}\0`).join("");
  const output = await runGitBytes(["check-attr", "-z", "--stdin", ...attributes], { ...options, input });
  const parts = output.toString("latin1").split("\0");
  const found = new Set<string>();
  for (let at = 0; at + 2 < parts.length; at += 3) {
    const value = parts[at + 2] ?? "";
    if (!["unspecified", "unset", "lf"].includes(value)) found.add(parts[at] ?? "");
  }
  return found;
}

/** `OBJECT blob SIZE\n` and that many bytes and `\n`; `OBJECT missing\n`. */
function readBatch(output: Buffer): readonly (Buffer | undefined)[] {
  const found: (Buffer | undefined)[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const header = output.toString("latin1", at, end).split(" ");
    if (header.at(-1) === "missing") {
      found.push(undefined);
      at = end + 1;
      continue;
    }
    const size = Number(header[2]);
    found.push(output.subarray(end + 1, end + 1 + size));
    at = end + size + 2;
  }
  return found;
}

const lacking = (name: string): TsdockError =>
  new TsdockError("GIT_FAILED", `this repository lacks what ${name} was`, {
    hint: "a partial clone lacks contents: fetch them first",
  });
