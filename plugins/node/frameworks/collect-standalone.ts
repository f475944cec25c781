/**
 * Part of the program that runs a build: Next leaves a tree that begins at the root that it was told, or that its configuration names. What browsers load is not
 * in it. Packages go apart from the app.
 */
export const collectStandalone = `
const standalone = path.join(start, ".next/standalone");
const roots = [];
for (let at = start; at.startsWith(request.root); at = path.dirname(at)) roots.push(at);
const traced = roots.reverse().find((at) => fs.existsSync(path.join(standalone, path.relative(at, start), "server.js")));
if (traced === undefined)
  fail("the script " + request.script + " did not write .next/standalone: write output: \\"standalone\\" into next.config, and leave distDir as it is");
const own = path.join(standalone, path.relative(traced, start));
for (const name of [".next/static", "public"]) {
  const from = path.join(start, name);
  if (fs.existsSync(from)) fs.cpSync(from, path.join(own, name), { recursive: true, verbatimSymlinks: true });
}
const [modules, app] = ["modules", "app"].map((name) => path.join(request.standalone, name));
function put(from, into, name) {
  const target = path.join(into, path.relative(request.root, traced), name);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.cpSync(from, target, { recursive: true, verbatimSymlinks: true });
}
function split(directory) {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const at = path.join(directory, entry.name);
    const name = path.relative(standalone, at);
    if (entry.name === "node_modules") put(at, modules, name);
    else if (entry.isDirectory() && (own + "/").startsWith(at + "/")) split(at);
    else put(at, app, name);
  }
}
split(standalone);
const link = path.join(app, path.relative(request.root, request.directory));
if (request.directory !== start) {
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.symlinkSync(path.relative(path.dirname(request.directory), start), link);
}
fs.rmSync(path.join(start, ".next"), { recursive: true });
`;
