import { randomBytes } from "node:crypto";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isTsdockError } from "../../../core/errors/tsdock-error.ts";
import type { Digest } from "../../../core/oci/spec/digest.ts";
import { publish } from "../../../core/publish/publish.ts";
import type { PublishImage } from "../../../core/publish/settle-image.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { type DockerRegistry, startDockerRegistry } from "../../support/docker-registry.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { registryTags } from "../../support/registry-tags.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { impatient, setUp, storeImage, tarOf } from "./stored-fixture.ts";

const wrongDigest = `sha256:${"0".repeat(64)}`;
const faults: Readonly<Record<string, Fault>> = {
  reset: { type: "reset" },
  "lost answer": { type: "lose-answer" },
  "status 500": { type: "answer", status: 500 },
  "status 429": { type: "answer", status: 429, headers: { "retry-after": "0" } },
  "status 401": { type: "answer", status: 401 },
  stall: { type: "stall" },
  "cut upload": { type: "cut-upload", after: 20_000 },
  "truncated answer": { type: "truncate", after: 10 },
  "wrong digest": { type: "change", headers: { "docker-content-digest": wrongDigest } },
};
/** What the client does about it: goes on, or takes the first failure for the last. */
const policies = { patient: impatient, impatient: { ...impatient, failures: 0 } } as const;
type Policy = keyof typeof policies;

/**
 * How many requests are hit with each fault, evenly chosen and the same ones each time; TSDOCK_FAULT_MATRIX says another number,
 * or `all`, which takes hours.
 */
const asked = process.env["TSDOCK_FAULT_MATRIX"];
const samples: Readonly<Record<Policy, number>> =
  asked === undefined ? { patient: 1, impatient: 2 } : { patient: Number(asked), impatient: Number(asked) };
const count = 20;
const tags = () =>
  [
    { tag: "1.0.0", class: "immutable", reason: "test" },
    { tag: "1", class: "rolling", reason: "test" },
  ] as const;

describe.skipIf(!requires("docker-registry"))("publish twenty images through a bad network", () => {
  let registry: DockerRegistry;
  let proxy: FaultProxy;
  let store: Store;
  let images: readonly PublishImage[];
  let clean: ReadonlyMap<string, Digest>;
  let requests: number;
  const tmp = temporaryDirectory();

  /** One request is hit with the fault; none where there is no fault. */
  const run = async (prefix: string, policy: Policy, fault?: Fault, hit?: number) => {
    // Only who waits for a stall is in a hurry: a busy machine stalls too.
    const timeout = fault?.type === "stall" ? { idleTimeoutMs: 150 } : {};
    await using setup = setUp(store, { chunkBytes: 32_000, ...timeout, retry: policies[policy] });
    proxy.inject((_request, number) => (number === hit ? fault : undefined));
    return await publish({ ...setup.common, images, destination: `${proxy.host}/${prefix}`, tags, jobs: 4 });
  };
  const tagsOf = (prefix: string): ReadonlyMap<string, Digest> => registryTags(registry.storage, prefix);

  beforeAll(async () => {
    registry = await startDockerRegistry();
    proxy = await startFaultProxy(registry.host);
    store = await Store.open(path.join(tmp.path, "store"));
    const shared = tarOf(tmp.path, "shared", randomBytes(60_000));
    images = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const own = tarOf(tmp.path, `own${index}`, `own ${index}`);
        return { name: `image${index}`, descriptor: await storeImage(store, [shared, own]) };
      }),
    );
    const before = proxy.requests.length;
    const result = await run("clean", "patient");
    requests = proxy.requests.length - before;
    clean = tagsOf("clean");
    expect(clean.size).toBe(2 * count);
    expect(new Set(clean.values())).toEqual(new Set(result.images.map(({ digest }) => digest)));
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    await tmp[Symbol.asyncDispose]();
  });

  const hits = (policy: Policy, shift: number): readonly number[] => {
    const step = asked === "all" ? 1 : requests / samples[policy];
    const all = Array.from({ length: Math.ceil(requests / step) }, (_, index) => index);
    return all.map((index) => Math.floor((index + (step > 1 ? shift : 0)) * step));
  };

  const cases = Object.keys(faults).flatMap((kind, index, all) =>
    (Object.keys(policies) as Policy[]).map((policy) => [kind, policy, (index + 0.5) / all.length] as const),
  );
  it.each(cases)(
    "ends whole, or moves no tag, or says which: %s, %s",
    { timeout: asked === undefined ? 120_000 : 36_000_000 },
    async (kind, policy, shift) => {
      for (const hit of hits(policy, shift)) {
        const prefix = `${kind.replaceAll(" ", "-")}/${policy}/${hit}`;
        const failure = await run(prefix, policy, faults[kind], hit).then(
          () => undefined,
          (error: unknown) => error,
        );
        const after = tagsOf(prefix);
        if (failure === undefined) {
          expect(after).toEqual(clean);
          continue;
        }
        expectHonest(failure, after, `${proxy.host}/${prefix}`, clean);
        await run(prefix, "patient");
        expect(tagsOf(prefix)).toEqual(clean);
      }
    },
  );
});

/** A failed run says exactly which tags have moved, and whatever moved means what it is to mean. */
function expectHonest(
  error: unknown,
  after: ReadonlyMap<string, Digest>,
  destination: string,
  clean: ReadonlyMap<string, Digest>,
): void {
  if (!isTsdockError(error)) throw error;
  const { details = "" } = error;
  const told = (title: string): readonly string[] => {
    const [, list = ""] = details.split(`${title}\n`);
    const lines = /^(?: {2}.*(?:\n|$))*/.exec(list)?.[0] ?? "";
    return lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.trim().slice(destination.length + 1));
  };
  const moved = told("these tags have moved already:");
  const doubtful = told("of these it is not known whether they have moved:");
  for (const [name, digest] of after) {
    expect(digest).toBe(clean.get(name));
    expect([...moved, ...doubtful]).toContain(name);
  }
  for (const name of moved) expect(after.has(name)).toBe(true);
  // Rolling tags move when all immutable ones have.
  const rolling = [...after.keys()].filter((name) => name.endsWith(":1"));
  if (rolling.length > 0) expect(after.size - rolling.length).toBe(count);
}
