import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  describe as describeEntry,
  copy,
  dir,
  file,
  hard,
  link,
  type Workbench,
  workbench,
} from "./support.ts";

const keyOf = async (bench: Workbench, ...args: Parameters<Workbench["plan"]>): Promise<string> =>
  (await bench.plan(...args)).keyInputs["entries"] ?? "";

const name = fc.constantFrom("a", "b", "c", "d.js", "é", ".x");
const tree = fc.dictionary(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
  fc.record({ text: fc.constantFrom("", "1", "2", "long ".repeat(50)), executable: fc.boolean() }),
  { maxKeys: 8 },
);

type Files = Readonly<Record<string, { readonly text: string; readonly executable: boolean }>>;

/** Writes a tree in the given order; of two names where one is a directory of the other, the first wins. */
function write(root: string, files: Files, order: readonly string[], mask: number): void {
  fs.rmSync(root, { recursive: true, force: true });
  fs.mkdirSync(root);
  const names = Object.keys(files);
  const kept = names.filter((one) => !names.some((other) => other.startsWith(`${one}/`)));
  for (const one of order.filter((at) => kept.includes(at))) {
    const target = path.join(root, one);
    fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o777 & ~mask });
    fs.writeFileSync(target, files[one]?.text ?? "");
    fs.chmodSync(target, (files[one]?.executable === true ? 0o777 : 0o666) & ~mask);
  }
}

describe("the key of a copy", () => {
  it("is equal where the entries are, and only there", async () => {
    await using bench = await workbench();
    await fc.assert(
      fc.asyncProperty(tree, tree, async (one, two) => {
        const results: { key: string; lines: string[] }[] = [];
        for (const files of [one, two]) {
          write(bench.directory, files, Object.keys(files), 0o022);
          bench.restart();
          const planned = await bench.plan(copy(bench, ".", "/x"));
          const { entries } = await planned.open();
          results.push({ key: planned.keyInputs["entries"] ?? "", lines: entries.map(describeEntry) });
        }
        const [first, second] = results;
        expect(first?.key === second?.key).toBe(
          JSON.stringify(first?.lines) === JSON.stringify(second?.lines),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("does not depend on the order of creation, the umask, times or inodes", async () => {
    await using bench = await workbench();
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.constantFrom(0o022, 0o077, 0o002),
        fc.infiniteStream(fc.nat()),
        async (files, mask, random) => {
          const names = Object.keys(files);
          write(bench.directory, files, names, 0o022);
          bench.restart();
          const before = await keyOf(bench, copy(bench, ".", "/x"));
          const shuffled = names
            .map((at) => [random.next().value, at] as const)
            .sort(([a], [b]) => Number(a) - Number(b));
          write(
            bench.directory,
            files,
            shuffled.map(([, at]) => at),
            mask,
          );
          for (const at of fs.readdirSync(bench.directory))
            fs.lutimesSync(path.join(bench.directory, at), 5, 5);
          bench.restart();
          expect(await keyOf(bench, copy(bench, ".", "/x"))).toBe(before);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("does not depend on files that are not copied", async () => {
    await using bench = await workbench();
    bench.write({ "src/a": "a", other: "1", ".dockerignore": "x" });
    const before = await keyOf(bench, copy(bench, "src", "/"));
    bench.write({ other: "2", "more/b": "", ".dockerignore": "y" });
    bench.restart();
    expect(await keyOf(bench, copy(bench, "src", "/"))).toBe(before);
  });

  it("is one for what different declarations give", async () => {
    await using bench = await workbench();
    bench.write({ "src/a": "a" });
    const key = await keyOf(bench, copy(bench, "src", "/d"));
    expect(await keyOf(bench, copy(bench, "src/a", "/d/"))).toBe(key);
    expect(await keyOf(bench, copy(bench, "**/a", "./d/", { chown: "0:0" }))).toBe(key);
    expect(await keyOf(bench, { type: "write", path: "/d/a", content: { text: "a" } })).toBe(key);
    expect(await keyOf(bench, copy(bench, "src", "/d", { chmod: 0o600 }))).not.toBe(key);
    expect(await keyOf(bench, copy(bench, "src", "/d", { chown: "1:0" }))).not.toBe(key);
  });

  it("counts of a base only the parents of the destination", async () => {
    await using bench = await workbench();
    bench.write({ a: "a" });
    const action = copy(bench, "a", "/opt/app/");
    const old = await bench.tree(dir("opt"), dir("opt/app", 0o700), dir("etc"), file("etc/version", "1"));
    const renewed = await bench.tree(
      dir("opt"),
      dir("opt/app", 0o700),
      dir("etc", 0o711),
      file("etc/version", "2"),
    );
    const other = await bench.tree(dir("opt"), dir("opt/app", 0o755));
    const moved = await bench.tree(link("opt", "usr"), dir("usr"), dir("usr/app", 0o700));
    const key = await keyOf(bench, action, { base: old });
    expect(await keyOf(bench, action, { base: renewed })).toBe(key);
    expect(await keyOf(bench, action, { base: other })).not.toBe(key);
    expect(await keyOf(bench, action, { base: moved })).not.toBe(key);
  });

  it("counts of passwd only the owner that was looked up", async () => {
    await using bench = await workbench();
    bench.write({ a: "a" });
    const action = copy(bench, "a", "/", { chown: "app" });
    const passwd = (text: string) => bench.tree(dir("etc"), file("etc/passwd", text));
    const key = await keyOf(bench, action, { base: await passwd("app:x:5:6::/:\n") });
    expect(await keyOf(bench, action, { base: await passwd("new:x:9:9::/:\napp:x:5:6::/:\n") })).toBe(key);
    expect(await keyOf(bench, action, { base: await passwd("app:x:5:7::/:\n") })).not.toBe(key);
  });

  it("counts files of an image by content, wherever in its layers they lie", async () => {
    await using bench = await workbench();
    const action = copy(bench, "/out", "/", { source: { type: "input", input: 0 } });
    const one = await bench.tree(dir("out"), file("out/a", "same"), file("log", "first run"));
    const two = await bench.tree(
      file("b"),
      dir("out"),
      file("out/a", "same"),
      file("log", "second, longer run"),
    );
    const three = await bench.tree(dir("out"), file("out/a", "other"));
    const key = await keyOf(bench, action, { sources: [one] });
    bench.restart();
    expect(await keyOf(bench, action, { sources: [two] })).toBe(key);
    const stack = { ...one, layers: [...three.layers, ...one.layers] };
    expect(await keyOf(bench, action, { sources: [stack] })).toBe(key);
    expect(await keyOf(bench, action, { sources: [three] })).not.toBe(key);
  });

  it("knows whether names share a file", async () => {
    await using bench = await workbench();
    const action = copy(bench, "/", "/", { source: { type: "input", input: 0 } });
    const shared = await bench.tree(file("a", "x"), hard("b", "a"));
    const apart = await bench.tree(file("a", "x"), file("b", "x"));
    expect(await keyOf(bench, action, { sources: [shared] })).not.toBe(
      await keyOf(bench, action, { sources: [apart] }),
    );
  });

  it("needs neither base nor source layers when nothing changed", async () => {
    await using bench = await workbench();
    bench.write({ a: "a" });
    const base = await bench.tree(dir("opt", 0o711), dir("etc"), file("etc/passwd", "app:x:5:6::/:\n"));
    const source = await bench.tree(file("s"));
    const plans = [
      () => keyOf(bench, copy(bench, "a", "/opt/", { chown: "app" }), { base }),
      () =>
        keyOf(bench, copy(bench, "/s", "/opt/", { source: { type: "input", input: 1 } }), {
          base,
          sources: [source],
        }),
    ];
    const before = await Promise.all(plans.map((plan) => plan()));
    for (const { diffId } of [...base.layers, ...source.layers]) fs.rmSync(bench.store.blobs.path(diffId));
    bench.restart();
    expect(await Promise.all(plans.map((plan) => plan()))).toEqual(before);
    bench.write({ a: "b" });
    bench.restart();
    // What a copy looks at in its base is known: directories, links and the names of users.
    const changed = await plans[0]?.();
    expect(changed).toBeDefined();
    expect(changed).not.toBe(before[0]);
  });
});
