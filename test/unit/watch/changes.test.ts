import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Changes } from "../../../core/toolkit/watch/changes.ts";

const ready = (changes: Changes): Promise<void> => new Promise((resolve) => changes.whenReady(resolve));

describe("changes", () => {
  it("of one save are taken together, once nothing was written for a moment", async () => {
    const changes = new Changes();
    const start = performance.now();
    for (const file of ["a", "b", "a"]) changes.add(file);
    await ready(changes);
    expect(performance.now() - start).toBeGreaterThanOrEqual(19);
    expect([changes.take(), changes.take()]).toEqual([["a", "b"], []]);
  });

  it("that never stop are told of all the same", async () => {
    const changes = new Changes();
    const start = performance.now();
    const writer = setInterval(() => changes.add("log"), 5);
    await ready(changes);
    clearInterval(writer);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(changes.take()).toEqual(["log"]);
  });

  it("are told of at once where they were ready before, and to nobody who no longer asks", async () => {
    const changes = new Changes();
    const told: string[] = [];
    changes.whenReady(() => told.push("gone"))();
    changes.add("a");
    await ready(changes);
    changes.whenReady(() => told.push("late"));
    expect(told).toEqual(["late"]);
    changes.take();
    changes.whenReady(() => told.push("never"));
    await sleep(50);
    expect(told).toEqual(["late"]);
  });
});
