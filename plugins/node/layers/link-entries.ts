import path from "node:path";
import { type LayerEntry, toByteString, TsdockError } from "tsdock/plugin";
import type { BinDirectory, Installation } from "../install/installation.ts";

/** A symbolic link at `from` (relative to the project) that leads to `to`, relatively. */
function symlink(project: string, from: string, to: string): LayerEntry {
  const target = path.posix.relative(path.posix.dirname(from), to);
  return {
    type: "symlink",
    path: toByteString(`${project}${from}`),
    target: toByteString(target === "" ? "." : target),
    mode: 0o777,
    uid: 0,
    gid: 0,
    mtime: 0,
  };
}

/** Links of an installation: packages, then commands. `project`: how the paths of entries begin. Error `NODE_LINK_BROKEN`. */
export function linkEntries(installation: Installation, project: string): LayerEntry[] {
  const { packages, locals, links } = installation;
  const present = new Set([
    ...packages.map((installed) => installed.path),
    ...locals.map(({ directory }) => directory),
  ]);
  for (const link of links) {
    if (present.has(link.to)) continue;
    throw new TsdockError("NODE_LINK_BROKEN", `${link.path} leads to ${link.to}, which is not installed`, {
      hint: "the lockfile contradicts itself: let the package manager write it again",
    });
  }
  return [...links, ...commandLinks(installation)].map((link) => symlink(project, link.path, link.to));
}

type Commands = Readonly<Record<string, string>>;

function commandLinks(installation: Installation): { readonly path: string; readonly to: string }[] {
  const targets = new Map(installation.links.map((link) => [link.path, link.to]));
  const commands = new Map<string, Commands>([
    ...installation.packages.map((one): [string, Commands] => [one.path, one.bin ?? {}]),
    ...installation.locals.map((one): [string, Commands] => [one.directory, one.bin]),
  ]);
  return installation.bins.flatMap((directory) => linksIn(directory, targets, commands));
}

function linksIn(
  directory: BinDirectory,
  targets: ReadonlyMap<string, string>,
  commands: ReadonlyMap<string, Commands>,
): { readonly path: string; readonly to: string }[] {
  const taken = new Set<string>();
  return directory.packages.flatMap((location) =>
    Object.entries(commands.get(targets.get(location) ?? location) ?? {}).flatMap(([command, file]) => {
      if (taken.has(command)) return [];
      taken.add(command);
      return [{ path: `${directory.path}/${command}`, to: `${location}/${file}` }];
    }),
  );
}
