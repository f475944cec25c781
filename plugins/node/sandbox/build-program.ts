import { collectStandalone } from "../frameworks/collect-standalone.ts";
import { taskOrder } from "./task-order.ts";

/** What a program in the sandbox is told. */
interface BuildRequest {
  /** Absolute directory of the package in the image; may be a link. */
  readonly directory: string;
  /** Absolute directory of the project. */
  readonly root: string;
  /** The script of package.json to run, also in the packages of the workspace that this one needs. */
  readonly script: string;
  /** A file or directory that has to be there afterwards, relative to the package. */
  readonly entry: string | null;
  /** Where to put what a standalone build of Next needs: `modules` and `app`. */
  readonly standalone: string | null;
}

/** What both programs have: how a script of a package is run, as package managers do it. */
const common = `
function fail(message) {
  console.error(message);
  process.exit(1);
}
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const read = (directory) => JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8"));
function runScript(directory, manifest, name) {
  const command = manifest.scripts?.[name];
  if (typeof command !== "string") return false;
  console.log("> " + manifest.name + ": " + command);
  const bins = [];
  for (let at = directory; at.startsWith(request.root); at = path.dirname(at)) bins.push(path.join(at, "node_modules/.bin"));
  const npm = ["/usr/local/lib/node_modules/npm", "/usr/lib/node_modules/npm"].find((at) => fs.existsSync(at));
  // packages rely on npm's own copy of node-gyp
  if (npm !== undefined) bins.push(npm + "/node_modules/@npmcli/run-script/lib/node-gyp-bin");
  const { status, signal, error } = spawnSync("/bin/sh", ["-c", command], {
    cwd: directory,
    stdio: "inherit",
    env: {
      HOME: "/tmp",
      CI: "true",
      ...process.env,
      PATH: [...bins, process.env.PATH].join(":"),
      npm_lifecycle_event: name,
      npm_lifecycle_script: command,
      npm_package_name: manifest.name ?? "",
      npm_package_version: manifest.version ?? "",
      npm_package_json: path.join(directory, "package.json"),
      npm_node_execpath: process.execPath,
      ...(npm === undefined ? {} : { npm_config_node_gyp: npm + "/node_modules/node-gyp/bin/node-gyp.js" }),
    },
  });
  if (error) throw error;
  if (status === 0) return true;
  console.error(manifest.name + ": the script " + name + " ended with " + (status ?? signal));
  process.exit(status ?? 1);
}
`;

const begin = (request: object): string =>
  `"use strict";\nconst request = ${JSON.stringify(request)};${common}`;

/** A program that runs a script in a package and before that in all packages of the workspace that it needs. */
export const buildProgram = (request: BuildRequest): string => `${begin(request)}${taskOrder}
const done = new Set();
function find(from, name) {
  for (let at = from; at.startsWith(request.root); at = path.dirname(at)) {
    const candidate = path.join(at, "node_modules", name);
    if (fs.existsSync(candidate)) return fs.realpathSync(candidate);
  }
}
function localsOf(directory, manifest) {
  const needed = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return Object.keys(needed).flatMap((name) => {
    const found = find(directory, name);
    return found === undefined || found.includes("/node_modules/") ? [] : [found];
  });
}
function runTask(directory, task) {
  const id = directory + "#" + task;
  if (done.has(id)) return;
  done.add(id);
  const manifest = read(directory);
  for (const before of tasksBefore(directory, manifest, task)) {
    if (before.startsWith("^")) for (const local of localsOf(directory, manifest)) runTask(local, before.slice(1));
    else if (before.includes("#")) {
      const at = before.lastIndexOf("#");
      const found = find(directory, before.slice(0, at));
      if (found === undefined) fail(task + " of " + manifest.name + " comes after " + before + ", on which it does not depend: add it to devDependencies");
      runTask(found, before.slice(at + 1));
    } else runTask(directory, before);
  }
  for (const name of ["pre" + task, task, "post" + task]) runScript(directory, manifest, name);
}
const start = fs.realpathSync(request.directory);
if (read(start).scripts?.[request.script] === undefined)
  fail("package.json of " + request.directory + " has no script " + request.script);
runTask(start, request.script);
if (request.entry !== null && !fs.existsSync(path.join(start, request.entry)))
  fail("the script " + request.script + " did not write " + request.entry);
${request.standalone === null ? "" : collectStandalone}`;

/** A program that runs the install scripts of packages that are named, wherever they lie. */
export const installProgram = (request: {
  readonly root: string;
  readonly names: readonly string[];
}): string => `${begin(request)}
const wanted = new Set(request.names);
const ran = [];
function visit(directory) {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const at = path.join(directory, entry.name);
    if (!entry.isDirectory() || entry.name === ".bin") continue;
    const [above, parent] = directory.split("/").slice(-2);
    const isPackage = parent === "node_modules" || (above === "node_modules" && parent.startsWith("@"));
    if (isPackage && fs.existsSync(path.join(at, "package.json"))) install(at);
    visit(at);
  }
}
function install(directory) {
  const manifest = read(directory);
  if (!wanted.has(manifest.name)) return;
  ran.push(path.relative(request.root, directory));
  runScript(directory, manifest, "preinstall");
  const own = runScript(directory, manifest, "install");
  if (!own && fs.existsSync(path.join(directory, "binding.gyp")))
    runScript(directory, { ...manifest, scripts: { install: "node-gyp rebuild" } }, "install");
  runScript(directory, manifest, "postinstall");
}
visit(request.root);
// so that there is something to take even where scripts only print
fs.mkdirSync(path.join(request.root, "node_modules"), { recursive: true });
fs.writeFileSync(path.join(request.root, "node_modules/.install-scripts.json"), JSON.stringify(ran.sort(), null, 2));
`;
