import { staticText, type Value } from "../expand/value.ts";
import { object, raw, valueLayout, withOptions } from "../print/layout.ts";
import { quoted } from "../print/literals.ts";
import { isArchive, isArchiveName } from "./archive-head.ts";
import { copyPaths, inContext, isWellKnown, operands, ownerAndMode, writeDocuments } from "./copy.ts";
import { Flags } from "./flags.ts";
import { type GitAddress, parseGitAddress } from "./git-address.ts";
import type { Setting } from "./setting.ts";

/** ADD: what COPY does, and files from the web, git repositories, and archives that are unpacked. */
export function translateAdd(setting: Setting): void {
  const flags = new Flags(setting, {
    chown: "text",
    chmod: "text",
    link: "boolean",
    "keep-git-dir": "boolean",
    checksum: "text",
    unpack: "boolean",
    exclude: "list",
  });
  const { sources, documents, destination } = operands(setting);
  if (flags.has("checksum") && sources.length !== 1)
    throw setting.invalid("--checksum is for one source", "--checksum");
  for (const group of grouped(setting, flags, sources)) {
    if (group.kind === "files") copyPaths(setting, flags, group.paths, destination, undefined);
    else if (group.kind === "archive") addArchive(setting, flags, group.path, destination);
    else if (group.kind === "git") addGit(setting, flags, group.address, destination);
    else addUrl(setting, flags, group.url, destination);
  }
  writeDocuments(setting, flags, documents, destination);
}

type Group =
  | { readonly kind: "files"; readonly paths: readonly Value[] }
  | { readonly kind: "archive"; readonly path: string }
  | { readonly kind: "url"; readonly url: Value }
  | { readonly kind: "git"; readonly address: GitAddress };

/** Sources in their order; files of the context that follow one another are one copy. */
function grouped(setting: Setting, flags: Flags, sources: readonly Value[]): readonly Group[] {
  const groups: Group[] = [];
  const file = (path: Value): void => {
    const last = groups.at(-1);
    if (last?.kind === "files") groups[groups.length - 1] = { kind: "files", paths: [...last.paths, path] };
    else groups.push({ kind: "files", paths: [path] });
  };
  for (const source of sources) {
    const known = staticText(source);
    const address = known === undefined ? undefined : parseGitAddress(setting, known);
    const [first] = source;
    if (address !== undefined) groups.push({ kind: "git", address });
    else if (typeof first === "string" && /^https?:\/\//.test(first))
      groups.push({ kind: "url", url: source });
    else {
      const unpack = flags.has("unpack") ? flags.boolean("unpack") : true;
      const parts = unpack ? partsOf(setting, source) : [];
      if (parts.length === 0) file(source);
      for (const { path, archive } of parts) {
        if (archive) groups.push({ kind: "archive", path });
        else file([path]);
      }
    }
  }
  return groups;
}

interface Part {
  readonly path: string;
  readonly archive: boolean;
}

/** The files that a source names, if one of them is an archive. Of one that is not there its name must tell. */
function partsOf(setting: Setting, source: Value): readonly Part[] {
  const pattern = staticText(inContext(source));
  if (pattern === undefined) return [];
  const { files } = setting.file.request;
  const named = files.find(pattern).filter((one) => one.named);
  if (named.length === 0)
    return /[*?[]/.test(pattern) || !isArchiveName(pattern) ? [] : [{ path: pattern, archive: true }];
  const parts = named.map(({ path, type }) => ({
    path,
    archive: type === "file" && isArchive(files.head(path), path),
  }));
  return parts.some(({ archive }) => archive) ? parts : [];
}

/** What is unpacked has its own owners and modes; `--chown` speaks of the directory that is made for it. */
function addArchive(setting: Setting, flags: Flags, path: string, destination: Value): void {
  if (flags.has("exclude")) throw setting.unsupported("--exclude says nothing of archives here", "--exclude");
  const { chown, link } = ownerAndMode(setting, flags);
  if (chown !== undefined && !isWellKnown(destination))
    setting.add("directory", valueLayout(destination), object({ chown, link }));
  const source = object({ archive: raw(quoted(path)) });
  setting.add("add", ...withOptions([source, valueLayout(destination)], object({ link })));
}

function addUrl(setting: Setting, flags: Flags, url: Value, destination: Value): void {
  if (flags.boolean("unpack"))
    throw setting.unsupported(
      "files from the web are not unpacked",
      "--unpack",
      "fetch it in a RUN step, or keep the archive in the context",
    );
  const checksum = flags.text("checksum");
  const shown = staticText(url);
  if (checksum === undefined)
    throw setting.unsupported(
      `${shown ?? "this file"} comes from the web and has no checksum: two builds could give two images`,
      shown,
      "write --checksum=sha256:… (curl -fsSL URL | sha256sum) and import again",
    );
  const value = setting.expand(checksum);
  const known = staticText(value);
  if (known !== undefined && !/^sha256:[0-9a-f]{64}$/.test(known))
    throw setting.unsupported(`the checksum ${known} is not sha256: and 64 digits`, checksum);
  const source = object({
    url: valueLayout(url),
    checksum: valueLayout(typeof value[0] === "string" ? value : setting.cast(value, "`sha256:${string}`")),
  });
  setting.add(
    "add",
    ...withOptions([source, valueLayout(destination)], object(ownerAndMode(setting, flags))),
  );
}

function addGit(setting: Setting, flags: Flags, address: GitAddress, destination: Value): void {
  if (flags.boolean("keep-git-dir") || address.keepsGitDirectory)
    throw setting.unsupported(
      "the directory .git is never part of an image",
      "--keep-git-dir",
      "leave the flag out",
    );
  if (flags.has("exclude"))
    throw setting.unsupported("--exclude says nothing of repositories here", "--exclude");
  const checksum = flags.text("checksum");
  const source = object({
    git: raw(quoted(address.repository)),
    ref: raw(quoted(checksum ?? address.commit ?? address.ref ?? "HEAD")),
    subdirectory: address.subdirectory === undefined ? undefined : raw(quoted(address.subdirectory)),
  });
  setting.add(
    "add",
    ...withOptions([source, valueLayout(destination)], object(ownerAndMode(setting, flags))),
  );
}
