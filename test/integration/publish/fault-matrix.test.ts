import { randomBytes } from "node:crypto";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RegistryClientOptions } from "../../../core/oci/registry/client.ts";
import { isTsdockError } from "../../../core/errors/tsdock-error.ts";
import type { Digest } from "../../../core/oci/spec/digest.ts";
import { publish } from "../../../core/publish/publish.ts";
import type { PublishImage } from "../../../core/publish/settle-image.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { createLimiter } from "../../../core/util/limiter.ts";
import { startDockerRegistry, tester } from "../../support/docker-registry.ts";
import { type Fault, type ProxiedRequest, startFaultProxy } from "../../support/fault-proxy.ts";
import { registryTags } from "../../support/registry-tags.ts";
import { requires } from "../../support/requires.ts";
import { StrictRegistry } from "../../support/strict-registry.ts";
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
  "cut upload": { type: "cut-upload", after: 100 },
  "truncated answer": { type: "truncate", after: 10 },
  "wrong digest": { type: "change", headers: { "docker-content-digest": wrongDigest } },
};
/** What the client does about it: goes on, or takes the first failure for the last. */
const policies = { patient: impatient, impatient: { ...impatient, failures: 0 } } as const;
type Policy = keyof typeof policies;

/**
 * How many of a publish's requests are hit with each fault, evenly chosen and the same ones each time; TSDOCK_FAULT_MATRIX says
 * another number, or `all`: every request to the strict registry, which takes some minutes.
 */
const asked = process.env["TSDOCK_FAULT_MATRIX"];
const count = 20;
const tags = () =>
  [
    { tag: "1.0.0", class: "immutable", reason: "test" },
    { tag: "1", class: "rolling", reason: "test" },
  ] as const;

type Choose = (request: ProxiedRequest, number: number) => Fault | undefined;

/** A registry whose answers can be spoilt for one client. */
interface Place extends AsyncDisposable {
  readonly host: string;
  /** How a client is made whose requests fail like this. */
  spoil(choose: Choose): Partial<RegistryClientOptions>;
  tags(prefix: string): ReadonlyMap<string, Digest>;
  forget(prefix: string): void;
  /** Publishes that may run at once. */
  readonly jobs: number;
}

const places = {
  "a strict registry that wants tokens": {
    present: true,
    samples: { patient: 8, impatient: 8 },
    start(): Promise<Place> {
      const registry = new StrictRegistry();
      const { host, repositories } = registry;
      return Promise.resolve({
        host,
        spoil: (choose: Choose) => ({ transport: registry.transport(choose) }),
        tags: (prefix: string) => repositories.tags(prefix),
        forget: (prefix: string) => repositories.forget(prefix),
        jobs: 8,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    },
  },
  "docker-registry": {
    present: requires("docker-registry"),
    samples: { patient: 1, impatient: 1 },
    async start(): Promise<Place> {
      const registry = await startDockerRegistry();
      const proxy = await startFaultProxy(registry.host);
      return {
        host: proxy.host,
        spoil(choose) {
          proxy.inject(choose);
          return {};
        },
        tags: (prefix) => registryTags(registry.storage, prefix),
        forget: () => undefined,
        jobs: 1,
        async [Symbol.asyncDispose]() {
          await proxy[Symbol.asyncDispose]();
          await registry[Symbol.asyncDispose]();
        },
      };
    },
  },
} as const;

/**
 * What a request is, in whatever order they come: its place without the names of uploads and of
 * other repositories, and how often it came before.
 */
class RequestNames {
  readonly #seen = new Map<string, number>();
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  name({ method, target }: ProxiedRequest): string {
    const plain = target
      .replaceAll(this.#prefix, "")
      .replace(/^\/token.*/, "/token")
      .replace(/from=[^&]*/, "from=")
      .replace(/(\/blobs\/uploads\/)[\w-]+[^?]*/, "$1ID")
      .replace(/_state=[^&]*/, "");
    const key = `${method} ${plain}`;
    const times = this.#seen.get(key) ?? 0;
    this.#seen.set(key, times + 1);
    return `${key} ${times}`;
  }
}

describe.each(Object.keys(places) as (keyof typeof places)[])(
  "publish twenty images through a bad network to %s",
  (title) => {
    const { present, samples, start } = places[title];
    if (!present) return it.skip("is not installed", () => undefined);
    const whole = asked === "all" && title !== "docker-registry";
    const number = (policy: Policy): number =>
      asked === undefined || asked === "all" ? samples[policy] : Number(asked);
    let place: Place;
    let store: Store;
    let images: readonly PublishImage[];
    let clean: ReadonlyMap<string, Digest>;
    /** The requests of a publish where nothing fails. */
    let requests: readonly string[];
    const tmp = temporaryDirectory();

    /** One request is hit with the fault; none where there is no fault. Gives the names of the requests that came. */
    const run = async (
      prefix: string,
      policy: Policy,
      fault?: Fault,
      hit?: string,
    ): Promise<{ readonly seen: readonly string[]; readonly failure: unknown }> => {
      const names = new RequestNames(prefix);
      const seen: string[] = [];
      // Only who waits for a stall is in a hurry: a busy machine stalls too.
      const timeout = fault?.type === "stall" ? { idleTimeoutMs: 250 } : {};
      const credentials = {
        find: () => Promise.resolve({ type: "basic" as const, source: "test", ...tester }),
      };
      await using setup = setUp(store, {
        chunkBytes: 32_000,
        ...timeout,
        retry: policies[policy],
        credentials,
        ...place.spoil((request) => {
          const name = names.name(request);
          seen.push(name);
          return name === hit ? fault : undefined;
        }),
      });
      const options = { ...setup.common, images, destination: `${place.host}/${prefix}`, tags, jobs: 4 };
      const failure = await publish(options).then(
        () => undefined,
        (error: unknown) => error,
      );
      return { seen, failure };
    };

    beforeAll(async () => {
      place = await start();
      store = await Store.open(path.join(tmp.path, "store"));
      const shared = tarOf(tmp.path, "shared", randomBytes(60_000));
      images = await Promise.all(
        Array.from({ length: count }, async (_, index) => {
          const own = tarOf(tmp.path, `own${index}`, `own ${index}`);
          return { name: `image${index}`, descriptor: await storeImage(store, [shared, own]) };
        }),
      );
      // The first one compresses, which the others need not do.
      await run("first", "patient");
      place.forget("first");
      const { seen, failure } = await run("clean", "patient");
      expect(failure).toBeUndefined();
      requests = seen;
      clean = place.tags("clean");
      expect(clean.size).toBe(2 * count);
      // Else the layer that all have would be mounted from there, and never uploaded.
      place.forget("clean");
    });
    afterAll(async () => {
      await store[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
      await tmp[Symbol.asyncDispose]();
    });

    const hits = (policy: Policy, shift: number): readonly string[] => {
      if (whole) return requests;
      const wanted = number(policy);
      const indices = Array.from({ length: wanted }, (_, index) =>
        Math.floor(((index + shift) * requests.length) / wanted),
      );
      return indices.map((index) => requests[index] ?? "");
    };

    const cases = Object.keys(faults).flatMap((kind, index, all) =>
      (Object.keys(policies) as Policy[])
        .filter((policy) => whole || number(policy) > 0)
        .map((policy) => [kind, policy, (index + 0.5) / all.length] as const),
    );
    it.each(cases)(
      "ends whole, or moves no tag, or says which: %s, %s",
      { timeout: asked === undefined ? 120_000 : 36_000_000 },
      async (kind, policy, shift) => {
        const limit = createLimiter(place.jobs);
        const tally = { hit: 0, failed: 0, tagsMoved: 0 };
        const rounds = hits(policy, shift).map((hit, index) =>
          limit(async () => {
            const prefix = `${kind.replaceAll(" ", "-")}/${policy}/${index}`;
            const { seen, failure } = await run(prefix, policy, faults[kind], hit);
            const after = place.tags(prefix);
            if (seen.includes(hit)) tally.hit += 1;
            if (failure === undefined) expect(after, hit).toEqual(clean);
            else {
              tally.failed += 1;
              if (after.size > 0) tally.tagsMoved += 1;
              expectHonest(failure, after, `${place.host}/${prefix}`, clean, hit);
              expect((await run(prefix, "patient")).failure, hit).toBeUndefined();
              expect(place.tags(prefix), hit).toEqual(clean);
            }
            place.forget(prefix);
          }),
        );
        await Promise.all(rounds);
        if (whole) console.log(`${kind}, ${policy}: ${rounds.length} requests, ${JSON.stringify(tally)}`);
        // Which of the images brings a layer that all have is a matter of chance: a few requests come in one run only.
        expect(tally.hit).toBeGreaterThanOrEqual(Math.floor(rounds.length * 0.9));
      },
    );
  },
);

/** A failed run says exactly which tags have moved, and whatever moved means what it is to mean. */
function expectHonest(
  error: unknown,
  after: ReadonlyMap<string, Digest>,
  destination: string,
  clean: ReadonlyMap<string, Digest>,
  hit: string,
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
    expect(digest, hit).toBe(clean.get(name));
    expect([...moved, ...doubtful], hit).toContain(name);
  }
  for (const name of moved) expect(after.has(name), hit).toBe(true);
  // Rolling tags move when all immutable ones have.
  const rolling = [...after.keys()].filter((name) => name.endsWith(":1"));
  if (rolling.length > 0) expect(after.size - rolling.length, hit).toBe(count);
}
