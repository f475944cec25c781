import { execFileSync } from "node:child_process";
import fs from "node:fs";
import type { ToolkitWorkspace } from "./toolkit-workspace.ts";

const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];

export const git = (one: ToolkitWorkspace, ...args: readonly string[]): string =>
  execFileSync("git", ["-C", one.directory, ...identity, ...args], { encoding: "utf8" }).trim();

export function commitAll(one: ToolkitWorkspace, first = false): string {
  if (first) {
    git(one, "init", "--quiet", "--initial-branch=main");
    one.write(".gitignore", ".home\n/ignored\n");
  }
  git(one, "add", "--all");
  git(one, "commit", "--quiet", "--allow-empty", "-m", "change");
  return git(one, "rev-parse", "HEAD");
}

/** How many images `writeMonorepo` makes. */
export const imageCount = 60;

/**
 * A workspace of 60 images in 20 packages: shared bases, copies of directories, patterns and single files, files from code with params and
 * helpers, copies between images, configuration, images that are the same but for their name.
 */
export function writeMonorepo(one: ToolkitWorkspace): void {
  one.write(
    "shared/helpers.ts",
    `import { type Image, param } from "tsdock";\nimport { level } from "./level.ts";\nexport const port = param("port", 80);
export const stamp = (img: Image) => img.file("/etc/level", String(level));\nexport const unused = 1;\n`,
  );
  one.write("shared/level.ts", `export const level = 1;\n`);
  one.write("shared/base.image.ts", baseModule);
  one.write("shared/files/etc/motd", "hello\n");
  for (let index = 0; index < 19; index++) writePackage(one, index);
}

const baseModule = `import { image, scratch } from "tsdock";
import { stamp } from "./helpers.ts";
export const base = image().from(scratch).copy("shared/files", "/").label({ team: "core" });
export const stamped = image().from(base).with(stamp);
export const plain = image().from(scratch).file("/plain", "plain");
`;

function writePackage(one: ToolkitWorkspace, index: number): void {
  const directory = `packages/p${index}`;
  one.write(`${directory}/package.json`, `{"name":"p${index}","type":"module"}`);
  for (const name of [
    "src/a.js",
    "src/b.js",
    "src/deep/c.js",
    "src/notes.md",
    "public/index.html",
    "one.txt",
  ])
    one.write(`${directory}/${name}`, `${name} of ${index}\n`);
  one.write(`${directory}/.dockerignore`, "**/*.md\n");
  one.write(`${directory}/text.ts`, `export const text = "text ${index}";\n`);
  const bases = ["base", "stamped", "plain", "scratch"];
  const builder = `import { image, scratch } from "tsdock";
import { base, plain, stamped } from "../../shared/base.image.ts";
import { port } from "../../shared/helpers.ts";
import { text } from "./text.ts";
export const app${index} = image().from(${bases[index % 4] ?? "base"}).copy("src", "/app/src").env({ PORT: ${index % 3 === 0 ? "port" : "80"} });
export const builder${index} = image().from(scratch).copy("src/**/*.js", "/out/").copy("public", "/public/").file("/text", text);
export const web${index} = image().from(${bases[(index + 1) % 4] ?? "base"}).copy("/out/a.js", "/app/", { from: builder${index} }).copy("one.txt", "/").cmd(["/app/a.js"]);
void [base, plain, stamped, scratch, port];
`;
  one.write(`${directory}/app.image.ts`, builder);
}

/** One edit of a random kind; gives what it was, for the message of a failure. */
export function randomEdit(one: ToolkitWorkspace, random: () => number): string {
  const integer = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const pick = <T>(items: readonly T[]): T => items[integer(0, items.length - 1)] as T;
  const index = integer(0, 18);
  const at = (name: string): string => `packages/p${index}/${name}`;
  const text = `edited ${integer(0, 1_000_000)}\n`;
  const source = pick(["src/a.js", "src/b.js", "src/deep/c.js", "public/index.html", "one.txt"]);
  const replace = (file: string, from: RegExp, to: string): void => {
    one.write(file, fs.readFileSync(one.path(file), "utf8").replace(from, to));
  };
  const edits: Readonly<Record<string, () => void>> = {
    content: () => one.write(at(source), text),
    mode: () => fs.chmodSync(one.path(at(source)), 0o755),
    added: () => one.write(at(`src/new${integer(0, 9)}.js`), text),
    deepened: () => one.write(at(`src/fresh/d${integer(0, 9)}.js`), text),
    removed: () => fs.rmSync(one.path(at("src/b.js")), { force: true }),
    moved() {
      if (fs.existsSync(one.path(at("src/b.js"))))
        fs.renameSync(one.path(at("src/b.js")), one.path(at("src/moved.js")));
    },
    linked() {
      fs.rmSync(one.path(at("src/b.js")), { force: true });
      fs.symlinkSync("a.js", one.path(at("src/b.js")));
    },
    ignoredByDocker: () => one.write(at("src/notes.md"), text),
    ignoredByGit: () => one.write(`ignored/${integer(0, 9)}`, text),
    unrelated: () => one.write("README.md", text),
    dockerignore: () => one.write(at(".dockerignore"), pick(["", "**/*.md\nsrc/b.js\n", "**/*.md\n# x\n"])),
    base: () => one.write("shared/files/etc/motd", text),
    helper: () => one.write("shared/level.ts", `export const level = ${integer(1, 9)};\n`),
    comment: () => replace("shared/helpers.ts", /$/, "// nothing\n"),
    unusedExport: () => replace("shared/helpers.ts", /unused = \d+/, `unused = ${integer(2, 99)}`),
    text: () => one.write(at("text.ts"), `export const text = ${JSON.stringify(text)};\n`),
    renamedHelper() {
      fs.rmSync(one.path(at("text.ts")));
      one.write(at("words.ts"), `export const text = ${JSON.stringify(pick([`text ${index}`, text]))};\n`);
      replace(at("app.image.ts"), /\.\/text\.ts/, "./words.ts");
    },
    param: () => replace("shared/helpers.ts", /"port", \d+/, `"port", ${integer(1, 99)}`),
    env: () => replace(at("app.image.ts"), /PORT: \w+/, `PORT: ${integer(100, 999)}`),
    label: () => replace("shared/base.image.ts", /team: "\w+"/, `team: "t${integer(0, 99)}"`),
    destination: () => replace(at("app.image.ts"), /"\/app\/src"/, `"/app/s${integer(0, 9)}"`),
    otherBase: () => replace(at("app.image.ts"), /from\((?:base|plain)\)/, "from(stamped)"),
    moduleRemoved: () => fs.rmSync(one.path(at("app.image.ts"))),
    moduleMoved: () => fs.renameSync(one.path(at("app.image.ts")), one.path(at("other.image.ts"))),
    imageRenamed: () => replace(at("app.image.ts"), /const web\d+/, `const web${index}x`),
    exportAdded: () =>
      replace(
        at("app.image.ts"),
        /$/,
        `export const more${index} = web${index};\nexport const extra${index} = image().from(plain);\n`,
      ),
    packageManifest: () =>
      one.write(at("package.json"), `{"name":"p${index}","type":"module","version":"${integer(0, 9)}"}`),
  };
  const kind = pick(Object.keys(edits));
  edits[kind]?.();
  return `${kind} in p${index}`;
}
