import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import PQueue from "p-queue";
import { packLayerToFile } from "../../core/oci/layer/pack-layer.ts";
import type { Digest } from "../../core/oci/spec/digest.ts";
import { hostPlatform, type Platform } from "../../core/oci/spec/platform.ts";
import type { Download, SourceContext, SourceExec, SourceLayer } from "../../core/plugin/contract.ts";
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
}

/** A context whose files lie in `directory`: real transfers, real layers; what is downloaded is verified. */
export function sourceContext(directory: string, options: TestContextOptions = {}): TestSourceContext {
  const warnings: string[] = [];
  const requests: string[] = [];
  const fetchBytes = async (url: string): Promise<Uint8Array | undefined> => {
    requests.push(url);
    const response = await fetch(url);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const transfers = new PQueue({ concurrency: 8 });
  const download = async (file: Download): Promise<string> => {
    const target = path.join(directory, "downloads", file.sha256);
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
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      if (sha256 !== file.sha256) throw new Error(`${file.name}: ${sha256} is not ${file.sha256}`);
      await fs.mkdir(path.dirname(target), { recursive: true });
      await fs.writeFile(target, bytes);
      return target;
    }
    throw new Error(`${file.name} is nowhere: ${file.urls.join(", ")}`);
  };
  const tarOf = (diffId: Digest): string => path.join(directory, "layers", diffId.slice(7));
  let count = 0;
  return {
    platform: options.platform ?? hostPlatform(),
    signal: new AbortController().signal,
    clampTime: options.clampTime ?? 0,
    workspace: directory,
    options: options.options,
    warnings,
    requests,
    tarOf,
    fetch: fetchBytes,
    download: (file) => transfers.add(() => download(file)),
    async layer(entries) {
      await fs.mkdir(path.join(directory, "layers"), { recursive: true });
      const temporary = path.join(directory, "layers", `tmp-${count++}`);
      const packed = packLayerToFile(entries, temporary);
      await fs.rename(temporary, tarOf(packed.diffId));
      return { diffId: packed.diffId, size: packed.size };
    },
    exec: options.exec ?? (() => Promise.reject(new Error("this context cannot run anything"))),
    warn: (message) => warnings.push(message),
    log: () => undefined,
  };
}
