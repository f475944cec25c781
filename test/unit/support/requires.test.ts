import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findProgram, requires, whyMissing } from "../../support/requires.ts";

const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
});

describe("requires", () => {
  it("finds a program by its name, and only executable files", () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "requires-"));
    try {
      fs.writeFileSync(path.join(directory, "tool-of-this-test"), "#!/bin/sh\n", { mode: 0o755 });
      fs.writeFileSync(path.join(directory, "text-of-this-test"), "", { mode: 0o644 });
      process.env.PATH = `${directory}:relative`;
      expect(findProgram("tool-of-this-test")).toBe(path.join(directory, "tool-of-this-test"));
      expect(findProgram("text-of-this-test")).toBeUndefined();
      expect(findProgram("no-such-program-anywhere")).toBeUndefined();
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  it("says whether the tests run as root", () => {
    process.env.CI = "";
    expect(requires("root")).toBe(process.geteuid?.() === 0);
    expect(whyMissing("root") === undefined).toBe(process.geteuid?.() === 0);
  });
});
