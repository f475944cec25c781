import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import PQueue from "p-queue";
import { packLayerToFile } from "../../core/oci/layer/pack-layer.ts";
import type { LayerEntry } from "../../core/oci/layer/entry.ts";
import type { Digest } from "../../core/oci/spec/digest.ts";
import { hostPlatform, type Platform } from "../../core/oci/spec/platform.ts";
import { ContextScans } from "../../core/build/context/context-scans.ts";
import { createHttp } from "../../core/build/http.ts";
import { DigestCheck, parseIntegrity } from "../../core/build/integrity.ts";
import { createWorkspaceFiles } from "../../core/build/workspace-files.ts";
import type {
  Download,
  SourceContext,
  SourceExec,
  SourceLayer,
  WorkspaceFiles,
} from "../../core/plugin/contract.ts";
import type { Json } from "../../core/util/json.ts";

export interface TestSourceContext extends SourceContext {
  readonly warnings: string[];
  readonly requests: string[];
  /** The tar of a layer that `layer` made. */
  tarOf(diffId: Digest): string;
}

export interface TestContextOptions {
  readonly platform?: Platform;
  readonly options?: Json;
  readonly clampTime?: number;
  readonly exec?: (request: SourceExec) => Promise<SourceLayer | undefined>;
  readonly env?: Readonly<Record<string, string>>;
  /** Where what was downloaded lies; a directory of its own unless several share one. */
  readonly downloads?: string;
  /** Of the command that it belongs to; without one it is a command of its own. */
  readonly signal?: AbortSignal;
}

/** The files of a directory as a build sees those of its workspace. */
export const workspaceFiles = (directory: string): WorkspaceFiles =>
  createWorkspaceFiles(
    directory,
    new ContextScans({ state: { get: () => undefined, put: () => undefined }, emit: () => undefined }),
  );

/** A context whose files lie in `directory`: real transfers, real layers; what is downloaded is verified. */
export function sourceContext(directory: string, options: TestContextOptions = {}): TestSourceContext {
  const warnings: string[] = [];
  const requests: string[] = [];
  const signal = options.signal ?? new AbortController().signal;
  const http = createHttp({ signal, emit: () => undefined, env: {} });
  const fetchBytes = (url: string): Promise<Uint8Array | undefined> => {
    requests.push(url);
    return http.fetch(url);
  };
  const transfers = new PQueue({ concurrency: 8 });
  const downloads = options.downloads ?? path.join(directory, "downloads");
  const download = async (file: Download): Promise<string> => {
    const expected =
      file.sha256 === undefined
        ? parseIntegrity(file.integrity)
        : { algorithm: "sha256" as const, hex: [file.sha256] };
    const target = path.join(downloads, expected.hex[0] ?? "");
    if (
      await fs.stat(target).then(
        () => true,
        () => false,
      )
    )
      return target;
    for (const url of file.urls) {
      const bytes = await fetchBytes(url);
      if (bytes === undefined) continue;
      const check = new DigestCheck(expected);
      check.update(bytes);
      const { ok, found } = check.end();
      if (!ok) throw new Error(`${file.name}: ${found} is not ${expected.hex.join(" ")}`);
      await fs.mkdir(path.dirname(target), { recursive: true });
      // Others who share the directory see it whole.
      const partial = `${target}.${randomUUID()}`;
      await fs.writeFile(partial, bytes);
      await fs.rename(partial, target);
      return target;
    }
    throw new Error(`${file.name} is nowhere: ${file.urls.join(", ")}`);
  };
  const tarOf = (diffId: Digest): string => path.join(directory, "layers", diffId.slice(7));
  let count = 0;
  const layer = async (entries: Iterable<LayerEntry>): Promise<SourceLayer> => {
    await fs.mkdir(path.join(directory, "layers"), { recursive: true });
    const temporary = path.join(directory, "layers", `tmp-${count++}`);
    const packed = packLayerToFile(entries, temporary);
    await fs.rename(temporary, tarOf(packed.diffId));
    return { diffId: packed.diffId, size: packed.size };
  };
  return {
    platform: options.platform ?? hostPlatform(),
    signal,
    clampTime: options.clampTime ?? 0,
    workspace: directory,
    options: options.options,
    warnings,
    requests,
    tarOf,
    fetch: fetchBytes,
    download: (file) => transfers.add(() => download(file)),
    layer,
    async keptLayer(_key, make) {
      const entries = [...((await make()) ?? [])];
      return entries.length === 0 ? undefined : layer(entries);
    },
    files: workspaceFiles(directory),
    env: options.env ?? {},
    exec: options.exec ?? (() => Promise.reject(new Error("this context cannot run anything"))),
    warn: (message) => warnings.push(message),
    log: () => undefined,
  };
}
