import { TsdockError } from "tsdock/plugin";
import { isMembers, textList, textMembers } from "../project/data-file.ts";
import { binOf } from "../project/manifest.ts";
import { readArchive } from "./read-archive.ts";

/** What the package.json in an archive says that a lockfile may leave out. */
export interface PackageFacts {
  readonly bin: Readonly<Record<string, string>>;
  /** Runs scripts when it is installed. */
  readonly scripts: boolean;
  readonly os: readonly string[] | undefined;
  readonly cpu: readonly string[] | undefined;
  readonly libc: readonly string[] | undefined;
}

const lifecycle = ["preinstall", "install", "postinstall"];

/** Error `NODE_PACKAGE_INVALID`. */
export async function packageFacts(archive: string, title: string): Promise<PackageFacts> {
  const { files } = await readArchive(archive, title);
  const content = files.get("package.json")?.content;
  const text = content instanceof Uint8Array ? Buffer.from(content).toString("utf8") : "";
  let raw: unknown;
  try {
    raw = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new TsdockError("NODE_PACKAGE_INVALID", `${title} has no package.json that can be read`, {
      cause: error,
    });
  }
  const manifest = isMembers(raw) ? raw : {};
  const scripts = textMembers(manifest["scripts"]);
  return {
    bin: binOf(manifest),
    // npm and pnpm compile what has a binding.gyp, unless it says what else to do
    scripts: lifecycle.some((name) => scripts[name] !== undefined) || files.has("binding.gyp"),
    os: textList(manifest["os"]),
    cpu: textList(manifest["cpu"]),
    libc: textList(manifest["libc"]),
  };
}
