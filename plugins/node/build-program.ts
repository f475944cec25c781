/** What a program in the sandbox is told. */
interface BuildRequest {
  /** Absolute directory of the package in the image; may be a link. */
  readonly directory: string;
  /** Absolute directory of the project. */
  readonly root: string;
  /** The script of package.json to run, also in the packages of the workspace that this one needs. */
  readonly script: string;
  /** A file that has to be there afterwards, relative to the package. */
  readonly entry: string | null;
}

/** What both programs have: how a script of a package is run, as package managers do it. */
const common = `
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
export const buildProgram = (request: BuildRequest): string => `${begin(request)}
const done = new Set();
function find(from, name) {
  for (let at = from; at.startsWith(request.root); at = path.dirname(at)) {
    const candidate = path.join(at, "node_modules", name);
    if (fs.existsSync(candidate)) return fs.realpathSync(candidate);
  }
}
function build(directory) {
  if (done.has(directory)) return;
  done.add(directory);
  const manifest = read(directory);
  const needed = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  for (const name of Object.keys(needed)) {
    const found = find(directory, name);
    if (found !== undefined && !found.includes("/node_modules/")) build(found);
  }
  for (const name of ["pre" + request.script, request.script, "post" + request.script]) runScript(directory, manifest, name);
}
const start = fs.realpathSync(request.directory);
if (read(start).scripts?.[request.script] === undefined) {
  console.error("package.json of " + request.directory + " has no script " + request.script);
  process.exit(1);
}
build(start);
if (request.entry !== null && !fs.existsSync(path.join(start, request.entry))) {
  console.error("the script " + request.script + " did not write " + request.entry);
  process.exit(1);
}
`;

/** A program that runs the install scripts of packages that are named, wherever they lie. */
export const installProgram = (request: {
  readonly root: string;
  readonly names: readonly string[];
}): string => `${begin(request)}
const wanted = new Set(request.names);
function visit(directory) {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const at = path.join(directory, entry.name);
    if (!entry.isDirectory() || entry.name === ".bin") continue;
    const isPackage = path.basename(directory) === "node_modules" || path.basename(path.dirname(directory)) === "node_modules";
    if (isPackage && fs.existsSync(path.join(at, "package.json"))) install(at);
    visit(at);
  }
}
function install(directory) {
  const manifest = read(directory);
  if (!wanted.has(manifest.name)) return;
  runScript(directory, manifest, "preinstall");
  const own = runScript(directory, manifest, "install");
  if (!own && fs.existsSync(path.join(directory, "binding.gyp")))
    runScript(directory, { ...manifest, scripts: { install: "node-gyp rebuild" } }, "install");
  runScript(directory, manifest, "postinstall");
}
visit(request.root);
`;
