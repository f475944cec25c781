import { describe, expect, it } from "vitest";
import { takeBuiltins, withoutPrograms } from "../../../builtin-imports.ts";

const taken = (id: string): string => `globalThis.process.getBuiltinModule("${id}")`;

describe("imports of Node's own modules in the bundle", () => {
  it("become values, in every form that the bundler writes, or functions that load what takes long", () => {
    expect(
      takeBuiltins(
        [
          `import fs$1 from "node:fs/promises";`,
          `import path, { dirname, join as join$2 } from "node:path";`,
          `import * as os from "node:os";`,
          `import { once } from "node:events";`,
          `import process from "node:process";`,
          `import { createHash, randomBytes as random } from "node:crypto";`,
        ].join("\n"),
      ),
    ).toBe(
      [
        `const fs$1 = ${taken("node:fs/promises")};`,
        `const path = ${taken("node:path")};`,
        `const { dirname, join: join$2 } = ${taken("node:path")};`,
        `const os = ${taken("node:os")};`,
        `const { once } = ${taken("node:events")};`,
        `const process = ${taken("node:process")};`,
        `const createHash = (...args) => ${taken("node:crypto")}.createHash(...args);`,
        `const random = (...args) => ${taken("node:crypto")}.randomBytes(...args);`,
      ].join("\n"),
    );
  });

  it("are all that is changed", () => {
    const code = [
      `import { a as b } from "./shared.js";`,
      `import fs from "fs-extra";`,
      `const text = \`import fs from "node:fs";\` + 'x';`,
      `export { x } from "node:fs";`,
      `const lazy = await import("node:net");`,
    ].join("\n");
    expect(takeBuiltins(code)).toBe(code);
  });

  it("are not loaded by the parser of command lines, and a parser that is written otherwise is noticed", () => {
    const code =
      "const a = 1;\nconst childProcess = require('node:child_process');\nproc = childProcess.spawn(a);\n";
    expect(withoutPrograms(code)).toBe("const a = 1;\nproc = require('node:child_process').spawn(a);\n");
    expect(() => withoutPrograms("import 'node:child_process';")).toThrow(/commander/);
  });

  it("leaves no import of them behind in the bundle's statements", async () => {
    const { readdirSync, readFileSync } = await import("node:fs");
    const dist = new URL("../../../dist/", import.meta.url);
    const left = readdirSync(dist, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".js"))
      .flatMap((name) => readFileSync(new URL(name, dist), "utf8").match(/^import .*"node:.*$/gm) ?? []);
    expect(left).toEqual([]);
  });
});
