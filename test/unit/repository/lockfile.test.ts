import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../../..");

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8")) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

/** Whether Node would find `name` from the package at `from`: in its own node_modules, or in those above. */
function isLocked(from: string, name: string): boolean {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    if (packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === "") return false;
  }
}

describe("package-lock.json", () => {
  it("has every package for every platform, so that npm ci takes it everywhere", () => {
    const missing = Object.entries(packages).flatMap(([at, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies }).flatMap((name) =>
        isLocked(at, name) ? [] : [`${at}: ${name}`],
      ),
    );
    expect(missing).toEqual([]);
    expect(Object.keys(packages).length).toBeGreaterThan(300);
  });

  it("names the bytes of each package and no registry", () => {
    const odd = Object.entries(packages).filter(
      ([at, { integrity, resolved, link }]) =>
        at !== "" && link !== true && (resolved !== undefined || !integrity?.startsWith("sha512-")),
    );
    expect(odd).toEqual([]);
  });
});
