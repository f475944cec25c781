import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Digest } from "../../../core/oci/spec/digest.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { StoredJournals } from "../../../core/publish/journal/journal-files.ts";
import type { PublishImage } from "../../../core/publish/settle-image.ts";
import { bundleScript } from "../../support/bundle-script.ts";
import { type DockerRegistry, startDockerRegistry } from "../../support/docker-registry.ts";
import { registryTags } from "../../support/registry-tags.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import type { ChildTask } from "./publish-child.ts";
import { storeImage, tarOf } from "./stored-fixture.ts";

const count = 20;
/** How often a publish is killed; TSDOCK_KILLS says another number. */
const kills = Number(process.env["TSDOCK_KILLS"] ?? 6);

describe.skipIf(!requires("docker-registry"))("a publish that is killed", () => {
  const tmp = temporaryDirectory();
  let registry: DockerRegistry;
  let script: string;
  let images: readonly PublishImage[];
  let clean: ReadonlyMap<string, Digest>;
  let duration: number;
  const directory = path.join(tmp.path, "store");

  /** Gives the exit code; null where it was killed. */
  const run = async (prefix: string, killAfterMs?: number): Promise<number | null> => {
    const task: ChildTask = { store: directory, destination: `${registry.host}/${prefix}`, images };
    const child = spawn(process.execPath, [script, JSON.stringify(task)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const closed = once(child, "close") as Promise<[number | null]>;
    if (killAfterMs !== undefined) {
      const stop = new AbortController();
      void closed.then(() => stop.abort());
      await delay(killAfterMs, undefined, { signal: stop.signal }).catch(() => undefined);
      child.kill("SIGKILL");
    }
    const [code] = await closed;
    return code;
  };

  beforeAll(async () => {
    registry = await startDockerRegistry();
    script = await bundleScript(path.join(import.meta.dirname, "publish-child.ts"), tmp.path);
    await using store = await Store.open(directory);
    const shared = tarOf(tmp.path, "shared", randomBytes(60_000));
    images = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const own = tarOf(tmp.path, `own${index}`, `own ${index}`);
        return { name: `image${index}`, descriptor: await storeImage(store, [shared, own]) };
      }),
    );
    const start = performance.now();
    expect(await run("clean")).toBe(0);
    duration = performance.now() - start;
    clean = registryTags(registry.storage, "clean");
    expect(clean.size).toBe(2 * count);
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await tmp[Symbol.asyncDispose]();
  });

  it("leaves no rolling tag without its release, and is completed by the same command", {
    timeout: 3_600_000,
  }, async () => {
    const seen = { nothing: 0, some: 0, all: 0 };
    for (let round = 0; round < kills; round += 1) {
      const prefix = `round${round}`;
      // Most of a run is its tags: moments are spread over all of it, each somewhere within its part.
      const moment = ((round + Math.random()) / kills) * duration;
      await run(prefix, moment);
      const after = registryTags(registry.storage, prefix);
      for (const [name, digest] of after) expect(digest).toBe(clean.get(name));
      const immutable = [...after.keys()].filter((name) => name.endsWith(":1.0.0")).length;
      if (immutable < count) expect(after.size).toBe(immutable);
      seen[after.size === 0 ? "nothing" : after.size < clean.size ? "some" : "all"] += 1;
      if (after.size > 0) {
        const journal = await new StoredJournals(directory, "/workspace").latest(
          `${registry.host}/${prefix}`,
        );
        // What it had meant before was written down before the first tag moved.
        expect(journal?.moves.map(({ from }) => from)).toEqual(Array.from({ length: 2 * count }, () => null));
      }
      expect(await run(prefix)).toBe(0);
      expect(registryTags(registry.storage, prefix)).toEqual(clean);
      const journal = await new StoredJournals(directory, "/workspace").latest(`${registry.host}/${prefix}`);
      expect(journal?.state).toBe("complete");
      expect(journal?.moves).toHaveLength(2 * count);
    }
    if (kills >= 100) expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
  });
});
