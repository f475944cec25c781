import path from "node:path";
import { type LayerEntry, toByteString, TsdockError } from "tsdock/plugin";
import type { Installation } from "../install/installation.ts";

/** A symbolic link at `from` (relative to the project) that leads to `to`, relatively. */
function symlink(project: string, from: string, to: string): LayerEntry {
  const target = path.posix.relative(path.posix.dirname(from), to);
  return {
    type: "symlink",
    path: toByteString(`${project}${from}`),
    target: toByteString(target),
    mode: 0o777,
    uid: 0,
    gid: 0,
    mtime: 0,
  };
}

/** Links of an installation: packages, then commands. `project`: how the paths of entries begin. Each leads to something that is there. Error `NODE_LINK_BROKEN`. */
export function linkEntries(installation: Installation, project: string): LayerEntry[] {
  const present = new Set([
    ...installation.packages.map((installed) => installed.path),
    ...installation.locals.map(({ directory }) => directory),
  ]);
  for (const link of installation.links) {
    if (present.has(link.to)) continue;
    throw new TsdockError("NODE_LINK_BROKEN", `${link.path} leads to ${link.to}, which is not installed`, {
      hint: "the lockfile contradicts itself: let the package manager write it again",
    });
  }
  return [
    ...installation.links.map((link) => symlink(project, link.path, link.to)),
    ...commandLinks(installation).map((link) => symlink(project, link.path, link.to)),
  ];
}

function commandLinks(installation: Installation): { readonly path: string; readonly to: string }[] {
  const byLocation = new Map(installation.packages.map((installed) => [installed.path, installed]));
  return installation.bins.flatMap((directory) => {
    const taken = new Set<string>();
    return directory.packages.flatMap((location) =>
      Object.entries(byLocation.get(location)?.bin ?? {}).flatMap(([command, file]) => {
        if (taken.has(command)) return [];
        taken.add(command);
        return [{ path: `${directory.path}/${command}`, to: `${location}/${path.posix.normalize(file)}` }];
      }),
    );
  });
}
