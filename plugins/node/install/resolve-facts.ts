import type { ProjectContext } from "../project/project-context.ts";
import { createHash } from "node:crypto";
import PQueue from "p-queue";
import { type Json, type SourceContext, TsdockError } from "tsdock/plugin";
import type { SpecOf } from "../options.ts";
import { isMembers, textList, textOf } from "../project/data-file.ts";
import { findProject } from "../project/find-project.ts";
import { PackageSource } from "../registry/package-source.ts";
import { unknownPackages } from "./read-installation.ts";

type Wanted = Pick<SpecOf<"modules">, "package" | "libc" | "dev">;

/** A registry answers as many at once without complaint. */
const parallel = 12;

/** The lock entry's name: what is not known, so that it holds until other packages are needed. Undefined for npm and pnpm. */
export function factsLockKey(spec: Wanted, context: ProjectContext): string | undefined {
  const unknown = unknownPackages(context, spec);
  if (unknown.length === 0) return undefined;
  const digest = createHash("sha256").update(unknown.join("\n")).digest("hex").slice(0, 12);
  return `yarn ${unknown.length} packages ${digest}`;
}

/** What the registry says of packages of which yarn's lockfile does not say enough: platforms, digests. */
export async function resolveFacts(spec: Wanted, context: SourceContext): Promise<Json> {
  const source = new PackageSource(context, findProject(context, spec.package).root);
  const queue = new PQueue({ concurrency: parallel });
  const names = unknownPackages(context, spec);
  const facts = await Promise.all(
    names.map((name) => queue.add(async () => [name, await askFor(name, source, context)] as const)),
  );
  return Object.fromEntries(facts);
}

async function askFor(nameAndVersion: string, source: PackageSource, context: SourceContext): Promise<Json> {
  const at = nameAndVersion.lastIndexOf("@");
  const [name, version] = [nameAndVersion.slice(0, at), nameAndVersion.slice(at + 1)];
  const { url, headers, ca } = await source.metadataRequest(name, version);
  const bytes = await context.fetch(url, headers, ca);
  const document: unknown = bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString("utf8"));
  const dist = isMembers(document) ? document["dist"] : undefined;
  const digest = isMembers(dist) ? (textOf(dist["integrity"]) ?? sha1(textOf(dist["shasum"]))) : undefined;
  if (!isMembers(document) || digest === undefined) {
    throw new TsdockError("DOWNLOAD_FAILED", `the registry does not know ${nameAndVersion}`, {
      details: url,
      hint: "check the registry that .npmrc or .yarnrc.yml names",
    });
  }
  const lists = ["os", "cpu", "libc"].flatMap((field) => {
    const list = textList(document[field]);
    return list === undefined || list.length === 0 ? [] : [[field, list] as const];
  });
  return { integrity: digest, ...Object.fromEntries(lists) };
}

const sha1 = (hex: string | undefined): string | undefined =>
  hex === undefined ? undefined : `sha1-${Buffer.from(hex, "hex").toString("base64")}`;
