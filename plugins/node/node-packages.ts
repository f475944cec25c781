import type { Json, PlanContext, SoftwarePackage } from "tsdock/plugin";
import type { InstalledPackage } from "./install/installation.ts";
import { readInstallation } from "./install/read-installation.ts";
import type { NodeSpec, SpecOf } from "./options.ts";
import { join, readManifest } from "./project/manifest.ts";
import { readRuntimeLock } from "./runtime/runtime-source.ts";

/** What the layers of a spec hold, as bills of materials name it. Of headers and single modules nothing is a package. */
export function nodePackages(spec: NodeSpec, locked: Json, context: PlanContext): readonly SoftwarePackage[] {
  switch (spec.kind) {
    case "runtime":
      return spec.headers ? [] : [runtime(locked)];
    case "modules":
      return readInstallation(context, spec, locked).installation.packages.map(fromRegistry);
    case "app":
      return localPackages(spec, locked, context);
    case "module":
      return [];
  }
}

/** Package URL of npm's: the scope is a part of its own. */
const purlOf = (name: string, version: string): string =>
  `pkg:npm/${name.split("/").map(encodeURIComponent).join("/")}@${encodeURIComponent(version)}`;

function runtime(locked: Json): SoftwarePackage {
  const { version, integrity } = readRuntimeLock(locked);
  return { name: "node", version, purl: `pkg:generic/node@${version}`, checksums: checksumsOf(integrity) };
}

const fromRegistry = ({ name, version, integrity }: InstalledPackage): SoftwarePackage => ({
  name,
  version,
  purl: purlOf(name, version),
  checksums: checksumsOf(integrity),
});

/** Packages of the workspace; those that no version was given have no name that others know. */
function localPackages(spec: SpecOf<"app">, locked: Json, context: PlanContext): readonly SoftwarePackage[] {
  const { project, installation } = readInstallation(context, { ...spec, dev: spec.sources }, locked);
  return installation.locals.flatMap(({ directory }) => {
    const { name, version } = readManifest(context, join(project.root, directory)) ?? {};
    return name === undefined || version === undefined
      ? []
      : [{ name, version, purl: purlOf(name, version) }];
  });
}

/** Subresource Integrity as digits: `sha512-BASE64`, several with spaces between. */
const checksumsOf = (integrity: string): NonNullable<SoftwarePackage["checksums"]> =>
  Object.fromEntries(
    integrity.split(/\s+/).flatMap((one) => {
      const [, algorithm = "", digits = ""] =
        /^(sha1|sha256|sha384|sha512)-([A-Za-z0-9+/]+=*)/.exec(one) ?? [];
      return algorithm === "" ? [] : [[algorithm, Buffer.from(digits, "base64").toString("hex")]];
    }),
  );
