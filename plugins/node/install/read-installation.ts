import { checkFresh } from "./check-fresh.ts";
import type { ProjectContext } from "../project/project-context.ts";
import { type Json, TsdockError } from "tsdock/plugin";
import { readNpmLock } from "../lockfile/npm-lock.ts";
import type { SpecOf } from "../options.ts";
import { directoryOf, findProject, type Project } from "../project/find-project.ts";
import { byPath, type Installation } from "./installation.ts";
import { type InstallOptions, npmInstallation } from "./npm-installation.ts";
import { pnpmInstallation } from "./pnpm-installation.ts";
import { readPnpmLock } from "../lockfile/pnpm-lock.ts";
import { pnpmSettings } from "../project/pnpm-settings.ts";
import { readYarnBerry } from "../lockfile/yarn-berry.ts";
import { readYarnClassic } from "../lockfile/yarn-classic.ts";
import { isMembers, parseYamlDocuments, placeOf, textMembers, textOf } from "../project/data-file.ts";
import { join, readManifest, readText } from "../project/manifest.ts";
import { referencedPackages } from "../project/referenced-packages.ts";
import { workspacePackages } from "../project/workspace-packages.ts";
import { missingFacts, type PackageFacts, YarnWalk } from "./yarn-installation.ts";
import { readFacts } from "./yarn-fact-list.ts";
import { nodeTarget } from "./target.ts";

type Wanted = Pick<SpecOf<"modules">, "package" | "libc" | "dev">;

export interface ProjectInstallation {
  readonly project: Project;
  readonly installation: Installation;
}

function installOptions(context: ProjectContext, project: Project, { libc, dev }: Wanted): InstallOptions {
  return {
    target: nodeTarget(context.platform, libc),
    dev,
    also: dev ? referencedPackages(context, project.root, project.directory) : [],
  };
}

/** What the lockfile says for a package on the platform of the context. */
export function readInstallation(context: ProjectContext, spec: Wanted, locked: Json): ProjectInstallation {
  const project = findProject(context, spec.package);
  const options = installOptions(context, project, spec);
  const installation = fromLockfile(context, project, options, locked);
  checkPaths(installation, project);
  const locals = installation.locals.map(({ directory }) => ({
    directory,
    bin: localBin(context, join(project.root, directory)),
  }));
  return { project, installation: withNameLink({ ...installation, locals }, project, spec.package) };
}

const isInside = (at: string): boolean =>
  !/^\/|[\0\\]/.test(at) && at.split("/").every((part) => part !== ".." && part !== ".");

/** Names in a lockfile become paths in an image: none may leave the project. Error `NODE_LOCKFILE_INVALID`. */
function checkPaths({ packages, links }: Installation, { lockfile }: Project): void {
  const wrong = [...packages.map((one) => one.path), ...links.flatMap((one) => [one.path, one.to])].find(
    (at) => !isInside(at),
  );
  if (wrong === undefined) return;
  const name = /node_modules\/((?!.*node_modules\/\.).*)$/s.exec(wrong)?.[1] ?? wrong;
  throw new TsdockError(
    "NODE_LOCKFILE_INVALID",
    `${JSON.stringify(wrong)} would lie outside of the project`,
    {
      place: placeOf(lockfile, name),
      hint: "somebody wrote this by hand: restore the lockfile from version control",
    },
  );
}

function fromLockfile(
  context: ProjectContext,
  project: Project,
  options: InstallOptions,
  locked: Json,
): Installation {
  switch (project.lockfile.kind) {
    case "npm":
      return fromNpm(context, project, options);
    case "pnpm":
      return fromPnpm(context, project, options);
    case "yarn":
      return yarnWalk(context, project, options, readFacts(locked)).installation();
  }
}

function fromNpm(context: ProjectContext, project: Project, options: InstallOptions): Installation {
  const lock = readNpmLock(project.lockfile);
  const installation = npmInstallation(lock, project, options);
  for (const { directory } of installation.locals) {
    const entry = lock.entries.get(directory);
    const manifest = readManifest(context, join(project.root, directory));
    if (entry === undefined || manifest === undefined) continue;
    const required = { ...entry.dependencies, ...entry.optionalDependencies };
    checkFresh(manifest, { required, free: new Set() }, "npm install");
  }
  return installation;
}

function fromPnpm(context: ProjectContext, project: Project, options: InstallOptions): Installation {
  const lock = readPnpmLock(project.lockfile);
  const settings = pnpmSettings(context, project.root);
  const installation = pnpmInstallation(lock, project, settings, options);
  // `a`, `a@1`, `parent>a`
  const free = new Set(
    Object.keys(lock.overrides).map((key) => key.replace(/^.*>/, "").replace(/(?!^)@.*$/, "")),
  );
  for (const { directory } of installation.locals) {
    const importer = lock.importers.get(directory);
    const manifest = readManifest(context, join(project.root, directory));
    if (importer === undefined || manifest === undefined) continue;
    const locked = Object.entries({ ...importer.dependencies, ...importer.optionalDependencies });
    const required = Object.fromEntries(locked.map(([name, { specifier }]) => [name, specifier]));
    checkFresh(manifest, { required, free }, "pnpm install");
  }
  return installation;
}

function yarnWalk(
  context: ProjectContext,
  project: Project,
  options: InstallOptions,
  facts: PackageFacts,
): YarnWalk {
  const workspace = workspacePackages(context, project.root);
  const isBerry = /^__metadata:/m.test(project.lockfile.text);
  if (isBerry) checkLinker(context, project);
  const resolutions = textMembers(readManifest(context, project.root)?.raw["resolutions"]);
  const lock = isBerry ? readYarnBerry(project.lockfile, resolutions) : readYarnClassic(project.lockfile);
  return new YarnWalk(lock, workspace, options, facts).from(project);
}

/** Plug'n'Play is yarn's default: a project has to say that it can do without. Error `NODE_LOCKFILE_UNSUPPORTED`. */
function checkLinker(context: ProjectContext, project: Project): void {
  const file = readText(context, join(project.root, ".yarnrc.yml"));
  const [document] = file === undefined ? [] : parseYamlDocuments(file, "NODE_NPMRC_INVALID");
  const linker = isMembers(document) ? (textOf(document["nodeLinker"]) ?? "pnp") : "pnp";
  if (linker === "node-modules") return;
  throw new TsdockError("NODE_LOCKFILE_UNSUPPORTED", `the project installs with yarn's linker ${linker}`, {
    ...(file === undefined ? {} : { place: placeOf(file, "nodeLinker") }),
    hint: "write nodeLinker: node-modules into .yarnrc.yml",
  });
}

/** Packages of which the lockfile does not say enough, `name@version`: what the lock entry has to hold. None for npm and pnpm. */
export function unknownPackages(context: ProjectContext, spec: Wanted): readonly string[] {
  const project = findProject(context, spec.package);
  if (project.lockfile.kind !== "yarn") return [];
  const options = installOptions(context, project, spec);
  return missingFacts(yarnWalk(context, project, options, new Map()));
}

/** Commands of a package of the workspace; one whose file is not built yet is left out. */
function localBin(context: ProjectContext, directory: string): Readonly<Record<string, string>> {
  const bin = readManifest(context, directory)?.bin ?? {};
  const present = Object.entries(bin).filter(
    ([, file]) => context.files.read(join(directory, file)) !== undefined,
  );
  return Object.fromEntries(present);
}

/** A package that is wanted by its name can be reached by it: see `appDirectory`. */
function withNameLink(installation: Installation, project: Project, wanted: string): Installation {
  if (directoryOf(wanted) !== undefined) return installation;
  const path = `node_modules/${wanted}`;
  const { packages, links } = installation;
  if (packages.some((installed) => installed.path === path)) {
    throw new TsdockError("NODE_OPTIONS", `a package from the registry is installed as ${wanted}, too`, {
      hint: `name the directory of yours: nodeApp({ package: "./${project.directory}" })`,
    });
  }
  if (links.some((link) => link.path === path)) return installation;
  return { ...installation, links: [...links, { path, to: project.directory }].sort(byPath) };
}
