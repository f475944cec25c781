import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { isTsdockError, TsdockErrors } from "../../../core/errors/tsdock-error.ts";
import { RegistryClient } from "../../../core/oci/registry/client.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { publish } from "../../../core/publish/publish.ts";
import type { PublishResult } from "../../../core/publish/publish-result.ts";
import { startDockerRegistry, tester } from "../../support/docker-registry.ts";
import { requires } from "../../support/requires.ts";
import { StrictRegistry } from "../../support/strict-registry.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { impatient, setUp, storeImage, tarOf } from "./stored-fixture.ts";

const count = 6;
const revisions = ["one", "two", "three"];
const tags = () =>
  [
    { tag: "2.0.0", class: "immutable", reason: "test" },
    { tag: "stable", class: "rolling", reason: "test" },
  ] as const;

/** Publishes one revision of a few images; all revisions want the same tags. */
async function revision(directory: string, name: string, destination: string): Promise<PublishResult> {
  await using store = await Store.open(path.join(directory, `store-${name}`));
  await using setup = setUp(store);
  const images = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const layer = tarOf(path.join(directory, name), `file${index}`, `${name} ${index}`);
      return { name: `image${index}`, descriptor: await storeImage(store, [layer]) };
    }),
  );
  return await publish({ ...setup.common, images, destination, tags, jobs: 2 });
}

async function atOnce(directory: string, destination: string) {
  for (const name of revisions) fs.mkdirSync(path.join(directory, name));
  const ended = await Promise.allSettled(revisions.map((name) => revision(directory, name, destination)));
  const won = ended.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const lost = ended.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  return { won, lost };
}

const codesOf = (error: unknown): ReadonlySet<string> => {
  if (error instanceof TsdockErrors) return new Set(error.errors.map(({ code }) => code));
  return new Set([isTsdockError(error) ? error.code : String(error)]);
};

describe("publishes of different revisions at once", () => {
  it("lets one win whole in a layout", async () => {
    await using tmp = temporaryDirectory();
    const layout = path.join(tmp.path, "layout");
    const { won, lost } = await atOnce(tmp.path, `oci:${layout}`);
    expect(won).toHaveLength(1);
    expect(lost).toHaveLength(2);
    // The others waited until this one was done, and then found their tags taken.
    for (const error of lost) expect(codesOf(error)).toEqual(new Set(["PUBLISH_IMMUTABLE"]));
    const { manifests } = JSON.parse(fs.readFileSync(path.join(layout, "index.json"), "utf8")) as {
      manifests: { digest: string }[];
    };
    const published = new Set(manifests.map(({ digest }) => digest));
    expect(manifests).toHaveLength(2 * count);
    expect(published).toEqual(new Set(won[0]?.images.map(({ digest }) => digest)));
  });

  it("is found out by the first tag, before any other moves", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    const registry = new StrictRegistry();
    const images = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        return {
          name: `image${index}`,
          descriptor: await storeImage(store, [tarOf(tmp.path, `${index}`, `${index}`)]),
        };
      }),
    );
    for (const [name, moved] of [
      ["2.0.0", 0],
      ["stable", count],
    ] as const) {
      let refused = false;
      await using setup = setUp(store, {
        retry: { ...impatient, failures: 0 },
        credentials: { find: () => Promise.resolve({ type: "basic", source: "test", ...tester }) },
        transport: registry.transport(({ method, target }) => {
          const hit = !refused && method === "PUT" && target.endsWith(`/manifests/${name}`);
          refused ||= hit;
          return hit ? { type: "answer", status: 500 } : undefined;
        }),
      });
      const destination = `${registry.host}/${name}`;
      await expect(publish({ ...setup.common, images, destination, tags })).rejects.toThrow();
      expect(registry.repositories.tags(name).size).toBe(moved);
    }
  });

  it.skipIf(!requires("docker-registry"))(
    "finds the others out in a registry, and moves no immutable tag that it has seen",
    async () => {
      await using registry = await startDockerRegistry();
      await using client = new RegistryClient();
      for (let round = 0; round < 2; round += 1) {
        await using tmp = temporaryDirectory();
        const before = registry.accessLog().length;
        const { won, lost } = await atOnce(tmp.path, `${registry.host}/round${round}`);
        // Where some went the same way, all but one noticed at least; nobody is told that all is well while another release is there.
        expect(won.length).toBeLessThan(2);
        for (const error of lost)
          for (const code of codesOf(error))
            expect(["PUBLISH_FOREIGN_CHANGE", "PUBLISH_IMMUTABLE"]).toContain(code);
        for (const { name, digest } of won[0]?.images ?? []) {
          const reference = parseReference(`${registry.host}/round${round}/${name}:2.0.0`);
          expect((await client.resolve(reference)).digest).toBe(digest);
        }
        // Each of them puts an immutable tag once at most.
        const puts = registry
          .accessLog(before)
          .filter(({ method, target }) => method === "PUT" && target.endsWith("/2.0.0"));
        expect(puts.length).toBeLessThanOrEqual(revisions.length * count);
      }
    },
  );
});
