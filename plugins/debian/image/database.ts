import { createHash } from "node:crypto";
import { type ByteString, type LayerEntry, TsdockError } from "tsdock/plugin";
import type { DebianPackage } from "../package/read-package.ts";
import { mergedPath } from "./merged-usr.ts";
import { textFile } from "./directories.ts";

const infoDirectory = "var/lib/dpkg/info";
const scripts = new Set(["preinst", "postinst", "prerm", "postrm", "config"]);

/** The name of a package's files in the database: those of Multi-Arch: same packages carry the architecture. */
export const infoName = (pkg: DebianPackage): string =>
  pkg.fields.get("multi-arch") === "same" ? `${pkg.name}:${pkg.architecture}` : pkg.name;

/** `/usr/share/doc/`, every path as the package has it: what `dpkg -L` prints. */
function fileList(pkg: DebianPackage): Buffer {
  return Buffer.from(
    pkg.entries.map((entry) => (entry.path === "" ? "/." : `/${entry.path}`)).join("\n") + "\n",
    "latin1",
  );
}

/** The package's files in /var/lib/dpkg/info: the list of its files and everything of its control archive. */
export function infoEntries(pkg: DebianPackage): LayerEntry[] {
  const prefix = `${infoDirectory}/${infoName(pkg)}`;
  return [
    textFile(`${prefix}.list`, fileList(pkg)),
    ...[...pkg.controlFiles].map(([name, content]) =>
      textFile(`${prefix}.${name}`, content, scripts.has(name) ? 0o755 : 0o644),
    ),
  ];
}

/** What the status file needs of a package after its contents are gone. */
export interface PackageState {
  readonly name: string;
  readonly infoName: string;
  readonly architecture: string;
  readonly control: string;
  readonly conffiles: readonly { readonly path: string; readonly md5: string }[];
  readonly hasPreinst: boolean;
  /** Something has to be run before it is installed. */
  readonly needsConfiguring: boolean;
  readonly triggers: string;
  /** Names in its Pre-Depends and Depends, for the order of scripts. */
  readonly needs: readonly string[];
  readonly provides: readonly string[];
}

const linesOf = (content: Uint8Array | undefined): string[] =>
  Buffer.from(content ?? "")
    .toString("utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

function conffilesOf(pkg: DebianPackage): PackageState["conffiles"] {
  const byPath = new Map(pkg.entries.map((entry) => [mergedPath(entry.path), entry]));
  return linesOf(pkg.controlFiles.get("conffiles")).flatMap((line) => {
    if (!line.startsWith("/")) return [];
    const entry = byPath.get(mergedPath(Buffer.from(line.slice(1), "utf8").toString("latin1")));
    if (entry?.type !== "file" || !(entry.content instanceof Uint8Array)) {
      throw new TsdockError(
        "DEBIAN_PACKAGE_INVALID",
        `${pkg.name} says that ${line} is a configuration file, but has no such file`,
      );
    }
    return [{ path: line, md5: createHash("md5").update(entry.content).digest("hex") }];
  });
}

const relationNames = (pkg: DebianPackage, fields: readonly string[]): string[] =>
  fields
    .flatMap((field) => (pkg.fields.get(field) ?? "").split(/[,|]/))
    .map((text) => text.trim().split(/[\s:(]/)[0] ?? "");

export const packageState = (pkg: DebianPackage): PackageState => ({
  name: pkg.name,
  infoName: infoName(pkg),
  architecture: pkg.architecture,
  control: pkg.control,
  conffiles: conffilesOf(pkg),
  hasPreinst: pkg.controlFiles.has("preinst"),
  needsConfiguring: pkg.controlFiles.has("preinst") || pkg.controlFiles.has("postinst"),
  triggers: Buffer.from(pkg.controlFiles.get("triggers") ?? "").toString("utf8"),
  needs: relationNames(pkg, ["pre-depends", "depends"]),
  provides: relationNames(pkg, ["provides"]),
});

/** One paragraph of the status file: the control fields with a status after the name and conffiles before the description. */
function statusParagraph(state: PackageState): string {
  const conffiles = state.conffiles.map(({ path, md5 }) => `\n ${path} ${md5}`).join("");
  const status = `Status: install ok ${state.needsConfiguring ? "unpacked" : "installed"}`;
  const control =
    conffiles === ""
      ? state.control
      : state.control.replace(/^Description:/m, `Conffiles:${conffiles}\nDescription:`);
  return `${control.replace(/^(Package:.*)$/m, `$1\n${status}`)}\n`;
}

/** Who waits for which trigger: `triggers/File` for paths and a file of its own for every name (deb-triggers(5)). */
function triggerEntries(states: readonly PackageState[]): LayerEntry[] {
  const files = new Map<string, string[]>();
  for (const state of states) {
    for (const line of state.triggers.split("\n")) {
      const match = /^\s*interest(-noawait|-await)?\s+(\S+)/.exec(line.replace(/#.*/, ""));
      if (match?.[2] === undefined) continue;
      const who = `${state.infoName}${match[1] === "-noawait" ? "/noawait" : ""}`;
      const isPath = match[2].startsWith("/");
      const file = isPath ? "File" : match[2];
      files.set(file, [...(files.get(file) ?? []), isPath ? `${match[2]} ${who}` : who]);
    }
  }
  return [...files].map(([file, lines]) =>
    textFile(`var/lib/dpkg/triggers/${file}`, `${lines.join("\n")}\n`),
  );
}

/** Packages that nobody asked for may go when nothing needs them any more: apt's mark. */
function autoInstalled(
  states: readonly PackageState[],
  asked: ReadonlySet<string>,
  architecture: string,
): string {
  // apt keeps packages of architecture all under the architecture of the system
  const architectureOf = (state: PackageState): string =>
    state.architecture === "all" ? architecture : state.architecture;
  return states
    .filter((state) => !asked.has(state.name))
    .map((state) => `Package: ${state.name}\nArchitecture: ${architectureOf(state)}\nAuto-Installed: 1\n\n`)
    .join("");
}

/** dpkg's and apt's records, by package name. `asked`: packages that were named; `architecture`: of the image. */
export function databaseEntries(
  states: readonly PackageState[],
  asked: ReadonlySet<string>,
  architecture: string,
): Map<ByteString, LayerEntry> {
  const sorted = [...states].sort((a, b) => (a.name < b.name ? -1 : 1));
  const entries = [
    textFile("var/lib/dpkg/status", sorted.map((state) => `${statusParagraph(state)}\n`).join("")),
    textFile("var/lib/dpkg/available", ""),
    textFile("var/lib/dpkg/diversions", ""),
    textFile("var/lib/dpkg/statoverride", ""),
    textFile(`${infoDirectory}/format`, "1\n"),
    ...triggerEntries(sorted),
    ...(sorted.some(({ name }) => name === "apt")
      ? [textFile("var/lib/apt/extended_states", autoInstalled(sorted, asked, architecture))]
      : []),
  ];
  return new Map(entries.map((entry) => [entry.path, entry]));
}
