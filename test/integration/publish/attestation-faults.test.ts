import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Digest } from "../../../core/oci/spec/digest.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { type Artifact, artifactOf } from "../../../core/publish/attest/artifact.ts";
import type { ReleasedImage } from "../../../core/publish/publication.ts";
import { publish } from "../../../core/publish/publish.ts";
import type { PublishImage } from "../../../core/publish/settle-image.ts";
import { tester } from "../../support/docker-registry.ts";
import type { Fault } from "../../support/fault-proxy.ts";
import { StrictRegistry } from "../../support/strict-registry.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { impatient, rolling, setUp, storeImage, tarOf } from "./stored-fixture.ts";

const faults: Readonly<Record<string, Fault>> = {
  reset: { type: "reset" },
  "lost answer": { type: "lose-answer" },
  "truncated answer": { type: "truncate", after: 10 },
};

/** Two documents about each image. */
const attest = ({ plan, release }: ReleasedImage): Promise<readonly Artifact[]> =>
  Promise.resolve(
    ["text/plain", "text/markdown"].map((artifactType) =>
      artifactOf({ artifactType, content: `about ${plan.name}` }, release.top.descriptor),
    ),
  );

describe("attested images on a bad network", () => {
  const tmp = temporaryDirectory();
  const registry = new StrictRegistry();
  let store: Store;
  let images: readonly PublishImage[];
  let clean: ReadonlyMap<string, Digest>;
  let requests = 0;

  /** Publishes; the request of that number is hit with the fault. Gives what went wrong. */
  async function run(prefix: string, failures: number, fault?: Fault, hit = -1): Promise<unknown> {
    let number = 0;
    await using setup = setUp(store, {
      retry: { ...impatient, failures },
      credentials: { find: () => Promise.resolve({ type: "basic", source: "test", ...tester }) },
      transport: registry.transport(() => (number++ === hit ? fault : undefined)),
    });
    const destination = `${registry.host}/${prefix}`;
    const options = { ...setup.common, images, destination, tags: rolling("1"), jobs: 1, attest };
    return await publish(options).then(
      () => {
        requests = number;
      },
      (error: unknown) => error,
    );
  }

  beforeAll(async () => {
    store = await Store.open(path.join(tmp.path, "store"));
    images = await Promise.all(
      ["one", "two"].map(async (name) => {
        return { name, descriptor: await storeImage(store, [tarOf(tmp.path, name, name)]) };
      }),
    );
    // The first one compresses, which the others need not do.
    for (const prefix of ["first", "clean"]) expect(await run(prefix, 3)).toBeUndefined();
    clean = registry.repositories.tags("clean");
    // The tag of each image, and the list of what is said of it.
    expect(clean.size).toBe(4);
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await tmp[Symbol.asyncDispose]();
  });

  it.each(Object.keys(faults))(
    "have all of them before a tag, and in the end: %s of every request",
    async (kind) => {
      let failed = 0;
      for (let hit = 0; hit < requests; hit++) {
        const prefix = `${kind.replaceAll(" ", "-")}/${hit}`;
        const failure = await run(prefix, 0, faults[kind], hit);
        const after = registry.repositories.tags(prefix);
        if (failure !== undefined) failed += 1;
        for (const [name, digest] of after) if (name.endsWith(":1")) expect(digest).toBe(clean.get(name));
        if ([...after.keys()].some((name) => name.endsWith(":1"))) {
          const lists = [...clean].filter(([name]) => !name.endsWith(":1"));
          expect(after, `request ${hit}`).toEqual(new Map([...after, ...lists]));
        }
        if (failure !== undefined) expect(await run(prefix, 3), `request ${hit}`).toBeUndefined();
        expect(registry.repositories.tags(prefix), `request ${hit}`).toEqual(clean);
        registry.repositories.forget(prefix);
      }
      expect(failed).toBeGreaterThan(4);
    },
  );

  it("ask again where the registry gave up waiting for a request (408)", async () => {
    for (let hit = 0; hit < requests; hit += 3) {
      const prefix = `timeout/${hit}`;
      expect(await run(prefix, 1, { type: "answer", status: 408 }, hit), `request ${hit}`).toBeUndefined();
      expect(registry.repositories.tags(prefix), `request ${hit}`).toEqual(clean);
    }
  });
});
