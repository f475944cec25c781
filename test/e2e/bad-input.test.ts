import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { type CliWorkspace, finished } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";

const dsl = 'import { group, image, merge, mount, param, scratch } from "tsdock";\n';

interface Case {
  readonly files: Readonly<Record<string, string>>;
  /** `build` unless given. */
  readonly args?: readonly string[];
  /** 2 unless given. */
  readonly exitCode?: number;
  /** In order: code, place below the workspace, and what message and hint must say. */
  readonly errors: readonly (readonly [code: string, place: string, says: RegExp])[];
  readonly prepare?: (workspace: CliWorkspace) => void;
}

const web = { "web.image.ts": `${dsl}export const web = image().from(scratch).file("/a", "b");\n` };

const modules: Readonly<Record<string, Case>> = {
  "syntax errors, and what is wrong with the modules that load": {
    files: {
      "a.image.ts": `${dsl}export const a = image().from(scratch;\n`,
      "b.image.ts": `${dsl}export const b = image(.from(scratch);\n`,
      "c.image.ts": `${dsl}export const c = image().from(scratch).expose(0);\n`,
    },
    errors: [
      ["MODULE_SYNTAX", "a.image.ts:2:38", /bracket/],
      ["MODULE_SYNTAX", "b.image.ts:2:24", /bracket/],
      ["PORT_INVALID", "c.image.ts:2:40", /0 is not a port[\s\S]*from 1 to 65535/],
    ],
  },
  "imports of what is not there": {
    files: {
      "a.image.ts": `${dsl}import x from "./none.ts";\nexport const a = image().from(x);`,
      "b.image.ts": `${dsl}import { bsae } from "./c.image.ts";\nexport const b = image().from(bsae);`,
      "c.image.ts": `${dsl}export const base = image().from(scratch);`,
      "d.image.ts": `${dsl}import "nowhere";`,
    },
    errors: [
      ["MODULE_NOT_FOUND", "a.image.ts:2:15", /relative to the file/],
      ["MODULE_EXPORT_MISSING", "b.image.ts:2:10", /did you mean base\?/],
      ["MODULE_NOT_FOUND", "d.image.ts:2:8", /install the package/],
    ],
  },
  "modules in a circle": {
    files: {
      "a.image.ts": `${dsl}import { b } from "./b.image.ts";\nexport const a = image().from(b);`,
      "b.image.ts": `${dsl}import { a } from "./a.image.ts";\nexport const b = image().from(a);`,
    },
    errors: [["MODULE_CYCLE", "b.image.ts:3:31", /imports a\.image\.ts[\s\S]*move a into a module/]],
  },
  "modules that throw, exit, or lead nowhere": {
    files: {
      "a.image.ts": `${dsl}export const a = image().from(scratch).expsoe(80);`,
      "b.image.ts": `${dsl}throw new RangeError("no luck");`,
      "c.image.ts": "process.exit(7);",
      "e.image.ts": "throw { toString() { throw 1; } };",
    },
    prepare: (workspace) => fs.symlinkSync("nowhere", workspace.path("d.image.ts")),
    errors: [
      ["MODULE_EXITED", "c.image.ts:1:9", /only declares/],
      ["MODULE_THREW", "a.image.ts:2:40", /did you mean expose\(\)\?/],
      ["MODULE_THREW", "b.image.ts:2:7", /RangeError: no luck/],
      ["MODULE_UNREADABLE", "d.image.ts:1:1", /leads nowhere/],
      ["MODULE_THREW", "e.image.ts:1:1", /an? object that cannot be shown/],
    ],
  },
};

const declarations: Readonly<Record<string, Case>> = {
  "values that instructions do not take": {
    files: {
      "a.image.ts": `${dsl}
export const a = image()
  .from("bad ref!!")
  .copy("../x", "/")
  .copy("/etc", "/")
  .expose(70000)
  .healthcheck({ test: "true", interval: "30" })
  .user("a b")
  .workdir("")
  .env({ "A=B": "1" })
  .label({ "": "x" })
  .stopSignal("SIGFOO")
  .run([])
  .copy("x", "/", { chmod: "999" })
  .run("x", { mounts: [mount.cache("rel")] })
  .add({ url: "ftp://x/y", checksum: "sha256:00" }, "/")
  .add({ git: "https://user:secret@host.example/x.git", ref: "main" }, "/")
  .onBuild("FROM x");
`,
    },
    errors: [
      ["REFERENCE_INVALID", "a.image.ts:4:4", /lower-case letters/],
      ["PATH_OUTSIDE_CONTEXT", "a.image.ts:5:4", /context: "\.\."/],
      ["PATH_INVALID", "a.image.ts:6:4", /write "etc"/],
      ["PORT_INVALID", "a.image.ts:7:4", /53\/udp/],
      ["DURATION_INVALID", "a.image.ts:8:4", /30s/],
      ["USER_INVALID", "a.image.ts:9:4", /node:www-data/],
      ["PATH_INVALID", "a.image.ts:10:4", /working directory/],
      ["ENV_INVALID", "a.image.ts:11:4", /`=`/],
      ["LABEL_INVALID", "a.image.ts:12:4", /white space/],
      ["SIGNAL_INVALID", "a.image.ts:13:4", /SIGTERM/],
      ["COMMAND_EMPTY", "a.image.ts:14:4", /shell/],
      ["MODE_INVALID", "a.image.ts:15:4", /octal/],
      ["PATH_INVALID", "a.image.ts:16:4", /write "\/rel"/],
      ["URL_INVALID", "a.image.ts:17:4", /http/],
      ["URL_INVALID", "a.image.ts:18:4", /credential helper/],
      ["TRIGGER_INVALID", "a.image.ts:19:4", /FROM/],
    ],
  },
  "names, params, helpers and bases": {
    files: {
      "a.image.ts": `${dsl}export const web = image().from(scratch);\nexport const p = param("port", 80);\n`,
      "b.image.ts": `${dsl}export const web = image().from(scratch).file("/a", "b");\nexport const q = param("port", 81);\n`,
      "c.image.ts": `${dsl}export const c = image("Bad Name").from(scratch);
export const d = image().from(scratch).with(() => undefined);
export const e = image().from(scratch).with(() => { throw new Error("oops"); });
export const f = image().from(undefined);
export const g = image().platforms("linux/amd46").from(scratch);
export const all = group("all", [image().from(scratch)]);
`,
    },
    errors: [
      ["NAME_INVALID", "c.image.ts:2:14", /acme\/web/],
      ["NAME_DUPLICATE", "b.image.ts:2:14", /a\.image\.ts:2:14[\s\S]*b\.image\.ts:2:14[\s\S]*rename/],
      ["PARAM_DUPLICATE", "b.image.ts:3:18", /a\.image\.ts:3:18/],
      ["DECLARATION_INVALID", "c.image.ts:7:20", /export every image/],
      ["DECLARATION_INVALID", "c.image.ts:3:40", /must return an image/],
      ["DECLARATION_THREW", "c.image.ts:4:59", /c\.image\.ts:4:40 failed: oops/],
      ["DECLARATION_INVALID", "c.image.ts:5:26", /import one another/],
      ["PLATFORM_INVALID", "c.image.ts:6:26", /did you mean linux\/amd64\?/],
    ],
  },
  "files that are not in the context, before anything is built": {
    files: {
      "a.image.ts": `${dsl}export const a = image().from(scratch).file("/x", "y").copy("none", "/").copy(["*.none", "pakcage.json"], "/");
export const b = image().from(scratch).add({ archive: "x.tar" }, "/");
`,
    },
    errors: [
      ["COPY_NO_MATCH", "a.image.ts:2:56", /"none" matches nothing/],
      ["COPY_NO_MATCH", "a.image.ts:2:74", /"\*\.none" matches nothing/],
      ["COPY_NO_MATCH", "a.image.ts:2:74", /"pakcage\.json" matches nothing[\s\S]*package\.json/],
      ["COPY_NO_MATCH", "a.image.ts:3:40", /"x\.tar" matches nothing/],
    ],
  },
  "a pattern of .dockerignore": {
    files: {
      ".dockerignore": "a\n[z-a\n",
      "a.image.ts": `${dsl}export const a = image().from(scratch).copy(".", "/");`,
    },
    errors: [["IGNORE_PATTERN_INVALID", ".dockerignore:2:1", /patterns are those of docker/]],
  },
  "an owner that the image does not know": {
    files: {
      "a.image.ts": `${dsl}export const a = image().from(scratch).file("/a", "x", { chown: "nobody" });`,
    },
    exitCode: 1,
    errors: [["USER_UNKNOWN", "a.image.ts:2:40", /give a number/]],
  },
};

const configurations: Readonly<Record<string, Case>> = {
  "a wrong key and a wrong value in TypeScript": {
    files: {
      "tsdock.config.ts":
        'import { defineConfig } from "tsdock";\nexport default defineConfig({\n  imagse: ["x"],\n  registry: 5,\n});',
    },
    errors: [
      ["CONFIG_INVALID", "tsdock.config.ts:4:13", /registry must be text, and is 5/],
      ["CONFIG_INVALID", "tsdock.config.ts:3:3", /did you mean images\?/],
    ],
  },
  "the same in JSON": {
    files: { "tsdock.config.json": '{\n  "imagse": ["x"],\n  "registry": 5\n}' },
    errors: [
      ["CONFIG_INVALID", "tsdock.config.json:3:15", /registry must be text/],
      ["CONFIG_INVALID", "tsdock.config.json:2:3", /did you mean images\?/],
    ],
  },
  "the same in YAML": {
    files: { "tsdock.config.yaml": "imagse:\n  - x\nregistry: 5\n" },
    errors: [
      ["CONFIG_INVALID", "tsdock.config.yaml:3:11", /registry must be text/],
      ["CONFIG_INVALID", "tsdock.config.yaml:1:1", /did you mean images\?/],
    ],
  },
  "a wrong key in package.json": {
    files: { "package.json": '{\n  "name": "x",\n  "tsdock": {\n    "imagse": ["x"]\n  }\n}' },
    errors: [["CONFIG_INVALID", "package.json:4:5", /did you mean images\?/]],
  },
  "a package.json that is not JSON": {
    files: { "package.json": '{\n  "name": "x",\n}' },
    errors: [["CONFIG_INVALID", "package.json:3:1", /comma/]],
  },
  "text that is not JSON": {
    files: { "tsdock.config.json": '{\n  "images": [\n}' },
    errors: [
      ["CONFIG_INVALID", "tsdock.config.json:3:1", /not JSON: Unexpected token[\s\S]*comma or a bracket/],
    ],
  },
  "text that is not YAML": {
    files: { "tsdock.config.yaml": "images:\n  - x\n a: b\n" },
    errors: [["CONFIG_INVALID", "tsdock.config.yaml:3:2", /indentation/]],
  },
  "a configuration without default export": {
    files: { "tsdock.config.ts": "export const x = 1;" },
    errors: [["CONFIG_INVALID", "tsdock.config.ts:1:1", /export default/]],
  },
  "a lock that is not JSON": {
    files: { ...web, "tsdock.lock": '{\n  "version": 1,\n  "images": {,\n}' },
    errors: [["LOCK_INVALID", "tsdock.lock:3:14", /version control/]],
  },
  "a lock with an unresolved merge": {
    files: {
      ...web,
      "tsdock.lock": '{\n  "version": 1,\n<<<<<<< HEAD\n  "images": {}\n=======\n>>>>>>> x\n}',
    },
    errors: [["LOCK_INVALID", "tsdock.lock:3:1", /unresolved merge/]],
  },
  "a lock with a member that is not known": {
    files: { ...web, "tsdock.lock": '{\n  "version": 1,\n  "images": {},\n  "imges": {}\n}' },
    errors: [["LOCK_INVALID", "tsdock.lock:4:3", /it has "imges"[\s\S]*another version of tsdock/]],
  },
  "a lock that pins to no digest": {
    files: { ...web, "tsdock.lock": '{\n  "version": 1,\n  "images": {\n    "busybox": "latest"\n  }\n}' },
    errors: [["LOCK_INVALID", "tsdock.lock:4:5", /busybox is pinned/]],
  },
};

/** A plugin's helper: what it declares was written where it is called, and its steps fail as one. */
const app = `${dsl}import { nodeApp } from "tsdock/plugins/node";\nexport const app = image().with(nodeApp({ package: ".", entry: "index.js", runtime: scratch }));`;
const lockfiles: Readonly<Record<string, Case>> = {
  "of no package manager": {
    files: { "app.image.ts": app },
    errors: [
      ["NODE_LOCKFILE_MISSING", "app.image.ts:3:28", /package-lock\.json, pnpm-lock\.yaml or yarn\.lock/],
    ],
  },
  "in the middle of a merge": {
    files: { "app.image.ts": app, "pnpm-lock.yaml": "lockfileVersion: '9.0'\n<<<<<<< HEAD\nimporters: {}\n" },
    errors: [["NODE_LOCKFILE_INVALID", "pnpm-lock.yaml:2:1", /marks of a merge conflict/]],
  },
};

const commandLines: Readonly<Record<string, Case>> = {
  "a flag that does not exist": {
    files: web,
    args: ["build", "--no-cahce"],
    errors: [["USAGE", "", /Did you mean --no-cache\?/]],
  },
  "a command that does not exist": {
    files: web,
    args: ["biuld"],
    errors: [["USAGE", "", /Did you mean build\?/]],
  },
  "a value that is no choice": {
    files: web,
    args: ["build", "--progress", "fancy"],
    errors: [["USAGE", "", /Allowed choices are/]],
  },
  "a number that is none": { files: web, args: ["build", "-j", "x"], errors: [["USAGE", "", /1 to 1024/]] },
  "a platform that does not exist": {
    files: web,
    args: ["build", "--platform", "linux/amd46"],
    errors: [["PLATFORM_INVALID", "", /did you mean linux\/amd64\?/]],
  },
  params: {
    files: { "a.image.ts": `${dsl}export const a = image().from(scratch).expose(param("port", 80));` },
    args: ["build", "--set", "prot=1", "--set", "port=x"],
    errors: [
      ["PARAM_INVALID", "a.image.ts:2:47", /--set port=80/],
      ["PARAM_UNKNOWN", "", /did you mean port\?/],
    ],
  },
  "an output of no kind": {
    files: web,
    args: ["build", "-o", "type=zip,dest=x"],
    errors: [["USAGE", "", /type=oci,dest=DIR/]],
  },
  "a secret that is not there": {
    files: web,
    args: ["build", "--secret", "id=a,src=none"],
    errors: [["USAGE", "", /src=/]],
  },
  "an image that does not exist": {
    files: web,
    args: ["build", "wbe"],
    errors: [["NAME_UNKNOWN", "", /did you mean web\?/]],
  },
  "a configuration that does not exist": {
    files: web,
    args: ["build", "-f", "none.config.ts"],
    errors: [["CONFIG_NOT_FOUND", "", /name a file that ends in/]],
  },
  "a directory that does not exist": {
    files: web,
    args: ["build", "-C", "nowhere"],
    errors: [["USAGE", "", /not a directory/]],
  },
  "a place for metadata that does not exist": {
    files: web,
    args: ["build", "--metadata-file", "nowhere/x.json"],
    errors: [["USAGE", "", /does not exist/]],
  },
  "a name that is none": {
    files: web,
    args: ["build", "web", "-t", "Bad Name"],
    errors: [["REFERENCE_INVALID", "", /HOST\[:PORT\]/]],
  },
};

/** Errors as they are printed: code, place and everything that is said. */
function printed(stderr: string, directory: string): readonly (readonly [string, string, string])[] {
  return stderr
    .split(/^(?=error )/m)
    .filter((block) => block.startsWith("error "))
    .map((block) => {
      const code = /^error (\S+)/.exec(block)?.[1] ?? "";
      const place = /^ {2}at (.+)$/m.exec(block)?.[1] ?? "";
      return [code, place.replace(`${directory}/`, ""), block] as const;
    });
}

async function check(
  { files, args = ["build"], exitCode = 2, errors, prepare }: Case,
  program: boolean,
): Promise<void> {
  await using workspace = new InProcessWorkspace();
  for (const [name, text] of Object.entries(files)) workspace.write(name, text);
  prepare?.(workspace);
  const result = await (program ? finished(workspace.start(args)) : workspace.run(args));
  const found = printed(result.stderr, workspace.directory);
  expect(found.map(([code, place]) => [code, place])).toEqual(errors.map(([code, place]) => [code, place]));
  for (const [index, [, place, says]] of errors.entries()) {
    const text = found[index]?.[2] ?? "";
    expect(text).toMatch(says);
    expect(text).toMatch(/^ {2}hint \S/m);
    if (place !== "" && !place.endsWith(":1:1")) expect(text).toMatch(/^ {2}> +\d+ \|.*\n +\| +\^/m);
  }
  expect(result).toMatchObject({ exitCode, stdout: "" });
  expect(result.stderr).not.toMatch(/^\s+at .*\(?(?:node:|file:)|\bBUG\b/m);
}

it("what a module left behind and fails later has its place too", () =>
  check(
    {
      files: {
        "a.image.ts": `${dsl}setTimeout(() => { throw new Error("late"); });\nawait new Promise(() => {});`,
      },
      errors: [["MODULE_THREW", "a.image.ts:2:26", /failed after it was loaded: late/]],
    },
    true,
  ));

describe("bad input is answered with code, place, reason and remedy, all of it at once", () => {
  for (const [group, cases] of Object.entries({
    modules,
    declarations,
    configurations,
    lockfiles,
    commandLines,
  })) {
    describe(group, () => {
      // One of each through the program.
      it.each(Object.entries(cases))("%s", (name, one) => check(one, name === Object.keys(cases)[0]));
    });
  }
});
