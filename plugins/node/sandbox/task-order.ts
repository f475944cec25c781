/**
 * Part of the program that runs a build: which tasks come before a task, as turbo.json and nx.json say it. `^build` of the
 * packages that are needed, `codegen` of the package itself, `name#task` of another. Where nothing says anything: the same
 * task of the packages that are needed. Whether a task is to run again is not theirs to say here.
 */
export const taskOrder = String.raw`
function readConfig(file) {
  if (!fs.existsSync(file)) return {};
  const text = fs.readFileSync(file, "utf8")
    .replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[^]*?\*\//g, (whole, quoted) => quoted ?? "")
    .replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, (whole, quoted) => quoted ?? "");
  try {
    return JSON.parse(text);
  } catch (error) {
    fail(file + " is not JSON: " + error.message);
  }
}
const above = [];
for (let at = fs.realpathSync(request.directory); at.startsWith(request.root); at = path.dirname(at)) above.push(at);
function outermost(name) {
  const found = above.findLast((at) => fs.existsSync(path.join(at, name)));
  return found === undefined ? {} : readConfig(path.join(found, name));
}
const turbo = outermost("turbo.json");
const nx = outermost("nx.json");
const tasksOf = (config) => config.tasks ?? config.pipeline ?? {};
function stated(directory, manifest, task) {
  const shared = tasksOf(turbo)[manifest.name + "#" + task] ?? tasksOf(turbo)[task];
  const own = tasksOf(readConfig(path.join(directory, "turbo.json")))[task];
  if (shared !== undefined || own !== undefined) return { ...shared, ...own }.dependsOn ?? [];
  const targets = [readConfig(path.join(directory, "project.json")).targets, manifest.nx?.targets, nx.targetDefaults];
  return targets.map((one) => one?.[task]?.dependsOn).find((one) => one !== undefined);
}
function tasksBefore(directory, manifest, task) {
  return (stated(directory, manifest, task) ?? ["^" + task]).flatMap((one) => {
    // "$NAME" was a variable once
    if (typeof one === "string") return one.startsWith("$") ? [] : [one];
    const projects = [one.projects ?? []].flat().filter((name) => name !== "self");
    if (projects.length > 0) return projects.map((name) => name + "#" + one.target);
    return [(one.dependencies === true ? "^" : "") + one.target];
  });
}
`;
