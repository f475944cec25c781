import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { processOwner } from "../../../core/oci/store/process-owner.ts";
import {
  containersDirectory,
  initialState,
  listContainers,
} from "../../../core/run/state/container-directory.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

describe("the files of a container", () => {
  it("tell that it runs while its supervisor lives, and that it was killed when it does not", async () => {
    await using tmp = temporaryDirectory();
    const id = "a".repeat(64);
    fs.mkdirSync(path.join(containersDirectory(tmp.path), id), { recursive: true });
    fs.mkdirSync(path.join(containersDirectory(tmp.path), ".new"));
    const [container, ...others] = listContainers(tmp.path);
    if (container === undefined) throw new Error("no container");
    expect(others).toEqual([]);
    expect(container.record()).toBeUndefined();
    expect(container.state()).toEqual(initialState);
    container.writeState({ ...initialState, status: "running", supervisor: processOwner() });
    expect(container.state().status).toBe("running");
    expect(container.isAbandoned()).toBe(false);
    container.writeState({
      ...initialState,
      status: "running",
      supervisor: processOwner().replace(/\.\d+\./, ".1."),
    });
    expect(container.state()).toMatchObject({ status: "exited", exitCode: 137 });
    expect(container.isAbandoned()).toBe(true);
  });

  it("are none where the store has none", () => {
    expect(listContainers("/nothing")).toEqual([]);
  });
});
