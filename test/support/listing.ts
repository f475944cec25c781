import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/** What is in a directory, one line for each name: kind, mode, owner, time, content, device, links, attributes. */
export function listing(root: string, skip: (path: string) => boolean = () => false): readonly string[] {
  const firstNames = new Map<number, string>();
  const lines: string[] = [];
  const attributes = attributesBelow(root);
  const visit = (name: string): void => {
    const file = Buffer.from(path.join(root, name), "latin1");
    const stats = fs.lstatSync(file);
    const same = stats.isDirectory() ? name : (firstNames.get(stats.ino) ?? name);
    firstNames.set(stats.ino, same);
    lines.push(
      [
        JSON.stringify(name),
        stats.mode.toString(8),
        `${stats.uid}:${stats.gid}`,
        stats.mtimeMs / 1000,
        stats.isFile() ? `${stats.size} ${digestOf(file)}` : "",
        stats.isSymbolicLink() ? fs.readlinkSync(file, "latin1") : "",
        stats.isCharacterDevice() || stats.isBlockDevice() ? stats.rdev : "",
        same === name ? "" : `= ${same}`,
        attributes.get(name) ?? "",
      ].join(" "),
    );
    if (!stats.isDirectory()) return;
    for (const child of fs.readdirSync(file, "latin1").sort()) {
      const below = path.posix.join(name, child);
      if (!skip(below)) visit(below);
    }
  };
  visit("");
  return lines.slice(1);
}

const digestOf = (file: Buffer): string =>
  createHash("sha256").update(fs.readFileSync(file)).digest("hex").slice(0, 16);

/** By path: file capabilities and attributes of users, as `getfattr` tells them. */
function attributesBelow(root: string): ReadonlyMap<string, string> {
  const args = ["-R", "-P", "-h", "-d", "-m", "^(security.capability|user\\.)", "-e", "hex", "."];
  const { stdout } = spawnSync("getfattr", args, { cwd: root, encoding: "latin1" });
  const blocks = stdout.split("\n\n").filter((block) => block.startsWith("# file: "));
  return new Map(
    blocks.map((block) => {
      const [first = "", ...lines] = block.split("\n");
      return [first.slice("# file: ".length).replaceAll(/\\(\d{3})/g, unescape), lines.sort().join(" ")];
    }),
  );
}

const unescape = (_: string, digits: string): string => String.fromCharCode(Number.parseInt(digits, 8));
