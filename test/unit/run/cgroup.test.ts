import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { isTsdockError } from "../../../core/errors/tsdock-error.ts";
import { makeCgroups, wasOutOfMemory } from "../../../core/run/sandbox/cgroup.ts";
import { readUsage } from "../../../core/run/sandbox/read-usage.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const id = "0123456789abcdef".repeat(4);
const limits = { memory: 2 ** 26, nanoCpus: 1.5e9, pids: 20 };

/** Plain files where the kernel would have its own: what is written to them is what it would be told. */
function place(root: string, files: Readonly<Record<string, string>>): (name: string) => string {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  return (name) => fs.readFileSync(path.join(root, name), "utf8");
}

const own = "tsdock/0123456789ab";
const unified = (controllers: string): Readonly<Record<string, string>> => ({
  "cgroup.controllers": `${controllers}\n`,
  [`${own}/cpu.max`]: "max 100000\n",
  [`${own}/memory.max`]: "max\n",
  [`${own}/memory.swap.max`]: "max\n",
  [`${own}/pids.max`]: "max\n",
});

async function refusal(root: string): Promise<string> {
  try {
    await makeCgroups(id, limits, root);
    return "taken";
  } catch (error) {
    return isTsdockError(error) ? `${error.code} ${error.message}` : String(error);
  }
}

describe("cgroups of the second version", () => {
  it("are one for all controllers, enabled as far as there are any, with every limit", async () => {
    await using tmp = temporaryDirectory();
    const text = place(tmp.path, unified("cpuset cpu io memory hugetlb pids"));
    expect(await makeCgroups(id, limits, tmp.path)).toEqual([path.join(tmp.path, own, "cgroup.procs")]);
    expect([text("cgroup.subtree_control"), text("tsdock/cgroup.subtree_control")]).toEqual([
      "+cpu +memory +pids +io",
      "+cpu +memory +pids +io",
    ]);
    const names = ["cpu.max", "memory.max", "memory.swap.max", "pids.max"];
    expect(names.map((name) => text(`${own}/${name}`))).toEqual([
      "150000 100000",
      "67108864",
      "67108864",
      "21",
    ]);
  });

  it("say which controller is lacking where a limit needs it, and are there without where none does", async () => {
    await using tmp = temporaryDirectory();
    const text = place(tmp.path, { "cgroup.controllers": "cpu hugetlb pids\n" });
    expect(await refusal(tmp.path)).toMatch(/^LIMIT_UNAVAILABLE .* the controller memory is not there$/);
    expect(text("cgroup.subtree_control")).toBe("+cpu +pids");
    expect(await makeCgroups(id, {}, tmp.path)).toHaveLength(1);
  });

  it("count what a container uses, and tell that it ran out of memory", async () => {
    await using tmp = temporaryDirectory();
    place(tmp.path, {
      "cgroup.controllers": "cpu\n",
      [`${own}/cpu.stat`]: "usage_usec 2500\nuser_usec 2000\n",
      [`${own}/memory.current`]: "9000\n",
      [`${own}/memory.stat`]: "anon 1\ninactive_file 1000\n",
      [`${own}/memory.max`]: "max\n",
      [`${own}/pids.current`]: "3\n",
      [`${own}/io.stat`]: "8:0 rbytes=10 wbytes=20 rios=1 wios=1\n8:16 rbytes=1 wbytes=2 rios=1 wios=1\n",
      [`${own}/memory.events`]: "low 0\noom 2\noom_kill 1\n",
    });
    const usage = readUsage(id, process.pid, tmp.path);
    expect(usage).toMatchObject({ cpu: 2_500_000, memory: 8000, pids: 3, read: 11, written: 22 });
    expect(usage).not.toHaveProperty("memoryLimit");
    expect(wasOutOfMemory(id, tmp.path)).toBe(true);
    place(tmp.path, { [`${own}/memory.events`]: "oom 2\noom_kill 0\n", [`${own}/memory.max`]: "4096\n" });
    expect(wasOutOfMemory(id, tmp.path)).toBe(false);
    expect(readUsage(id, process.pid, tmp.path).memoryLimit).toBe(4096);
  });
});

describe("cgroups of the first version", () => {
  it("are one for each controller that is there, with every limit", async () => {
    await using tmp = temporaryDirectory();
    const swap = `memory/${own}/memory.memsw.limit_in_bytes`;
    const text = place(tmp.path, { [swap]: "", "cpu/x": "", "pids/x": "" });
    expect((await makeCgroups(id, limits, tmp.path)).map((file) => path.relative(tmp.path, file))).toEqual(
      ["cpu", "memory", "pids"].map((controller) => `${controller}/${own}/cgroup.procs`),
    );
    expect([text(`memory/${own}/memory.limit_in_bytes`), text(swap)]).toEqual(["67108864", "134217728"]);
    expect([text(`cpu/${own}/cpu.cfs_period_us`), text(`cpu/${own}/cpu.cfs_quota_us`)]).toEqual([
      "100000",
      "150000",
    ]);
    expect(text(`pids/${own}/pids.max`)).toBe("21");
  });

  it("are not needed: processes are counted without any, and limits refused", async () => {
    await using none = temporaryDirectory();
    const used = readUsage(id, process.pid, none.path);
    expect([used.pids > 1, used.memory > 2 ** 20, used.cpu > 1e7]).toEqual([true, true, true]);
    expect(await refusal(none.path)).toMatch(/^LIMIT_UNAVAILABLE /);
    expect(await makeCgroups(id, {}, none.path)).toEqual([]);
  });
});
