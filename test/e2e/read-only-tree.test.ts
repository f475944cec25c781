import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { imports } from "../support/busybox.ts";
import { CliWorkspace } from "../support/cli.ts";
import { otherUser } from "../support/other-user.ts";
import { requires } from "../support/requires.ts";

/** Names, modes, times and texts of everything below a directory. */
const picture = (root: string): readonly string[] =>
  fs
    .readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name !== ".home" && !name.startsWith(".home/"))
    .sort()
    .map((name) => {
      const stats = fs.lstatSync(path.join(root, name));
      const text = stats.isFile() ? fs.readFileSync(path.join(root, name), "utf8") : "";
      return `${name} ${stats.mode} ${stats.mtimeMs} ${text}`;
    });

const configurations = {
  "tsdock.config.ts": `import { defineConfig } from "tsdock";\nimport { port } from "./port.ts";\nexport default defineConfig({ params: { port } });`,
  "tsdock.config.js": `import { defineConfig } from "tsdock";\nexport default defineConfig({ params: { port: 81 } });`,
  "tsdock.config.mjs": `export default { params: { port: 81 } };`,
  "tsdock.config.json": `{ "params": { "port": 81 } }`,
  "tsdock.config.yaml": "params:\n  port: 81\n",
  "package.json": `{ "name": "w", "type": "module", "workspaces": ["packages/*"], "tsdock": { "params": { "port": 81 } } }`,
} as const;

describe("a source tree that nobody may write to", () => {
  it.skipIf(!requires("unprivileged-users"))(
    "is built from a sub-folder with each form of the configuration, and left as it is",
    async () => {
      using user = otherUser();
      await using one = new CliWorkspace(undefined, user);
      one.write("package.json", `{ "name": "w", "type": "module", "workspaces": ["packages/*"] }`);
      one.write("port.ts", "export const port: number = 81;");
      one.write(
        "packages/base/package.json",
        `{ "name": "@w/base", "type": "module", "exports": "./index.ts" }`,
      );
      one.write(
        "packages/base/index.ts",
        `${imports}export const base = image().from(scratch).file("/b", "b");`,
      );
      one.write(
        "packages/web/package.json",
        `{ "name": "@w/web", "type": "module", "dependencies": { "@w/base": "*" } }`,
      );
      one.write("packages/web/data.json", `{ "label": "of JSON" }`);
      one.write("packages/web/tsconfig.json", `{ "compilerOptions": { "paths": { "@/*": ["./lib/*"] } } }`);
      one.write("packages/web/lib/user.ts", `export const user: string = "node";`);
      one.write(
        "packages/web/web.image.ts",
        `import { image, param } from "tsdock";
import { base } from "@w/base";
import { user } from "@/user.js";
import data from "./data.json" with { type: "json" };
export const web = image().from(base).expose(param("port", 80)).user(user)
  .label({ data: data.label, here: import.meta.dirname.split("/").at(-1) ?? "" }).copy("lib", "/lib/");`,
      );
      fs.mkdirSync(one.path("node_modules/@w"), { recursive: true });
      fs.symlinkSync("../../packages/base", one.path("node_modules/@w/base"));
      for (const [name, text] of Object.entries(configurations)) {
        const before = name === "package.json" ? fs.readFileSync(one.path(name), "utf8") : undefined;
        one.write(name, text);
        const seen = protect(one.directory);
        const built = await one.run(["-C", "packages/web/lib", "build", "--json"]);
        expect([name, built.exitCode, built.stderr.includes("rror")]).toEqual([name, 0, false]);
        const [{ Config }] = JSON.parse((await one.run(["image", "inspect", "web"])).stdout) as [
          { Config: unknown },
        ];
        expect(Config).toMatchObject({
          ExposedPorts: { "81/tcp": {} },
          User: "node",
          Labels: { data: "of JSON", here: "web" },
        });
        expect(picture(one.directory)).toEqual(seen);
        for (const directory of directoriesOf(one.directory)) fs.chmodSync(directory, 0o755);
        if (before === undefined) fs.rmSync(one.path(name));
      }
    },
  );
});

const directoriesOf = (root: string): readonly string[] => [
  root,
  ...fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((directory) => !directory.startsWith(path.join(root, ".home"))),
];

/** Takes all directories away from the user and from everybody; gives what is in them. */
function protect(root: string): readonly string[] {
  for (const directory of directoriesOf(root)) {
    if (process.geteuid?.() === 0) fs.chownSync(directory, 0, 0);
    fs.chmodSync(directory, 0o555);
  }
  return picture(root);
}
