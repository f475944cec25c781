// `npm run bench [NAME…]`: every comparison, or those named, one after another, one JSON document each. For figures that
// mean something the machine must be calm.
import { spawnSync } from "node:child_process";
import path from "node:path";

// Node 20 cannot strip types by itself.
const load = `import { readFileSync } from "node:fs"; import { fileURLToPath } from "node:url";
import { transformSync } from ${JSON.stringify(import.meta.resolve("oxc-transform"))};
export async function load(url, context, next) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
  const file = fileURLToPath(url);
  return { format: "module", source: transformSync(file, readFileSync(file, "utf8"), { target: "es2022" }).code, shortCircuit: true };
}`;
const asUrl = (code) => `data:text/javascript,${encodeURIComponent(code)}`;
const typescript = asUrl(`import { register } from "node:module"; register(${JSON.stringify(asUrl(load))});`);

const script = (name) => path.join(import.meta.dirname, name);
const runs = {
  build: [script("build.mjs")],
  packing: ["--import", typescript, script("packing.ts")],
  network: ["--import", typescript, script("network.ts")],
  watch: [script("watch.mjs")],
  containers: ["--import", typescript, script("containers.ts")],
  republish: ["--import", typescript, script("republish.ts")],
};
const [names, unknown] = [Object.keys(runs), process.argv.slice(2).filter((name) => !(name in runs))];
if (unknown.length > 0) {
  process.stderr.write(`there is no comparison ${unknown.join(", ")}: ${names.join(", ")}\n`);
  process.exit(2);
}
for (const name of names.filter((name) => process.argv.length === 2 || process.argv.includes(name))) {
  const { status } = spawnSync(process.execPath, runs[name], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
