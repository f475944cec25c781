import { type PlanContext, TsdockError } from "tsdock/plugin";
import { readNpmLock } from "../lockfile/npm-lock.ts";
import type { SpecOf } from "../options.ts";
import { directoryOf, findProject, type Project } from "../project/find-project.ts";
import { byPath, type Installation } from "./installation.ts";
import { type InstallOptions, npmInstallation } from "./npm-installation.ts";
import { pnpmInstallation } from "./pnpm-installation.ts";
import { readPnpmLock } from "../lockfile/pnpm-lock.ts";
import { pnpmSettings } from "../project/pnpm-settings.ts";
import { join, readManifest } from "../project/manifest.ts";
import { nodeTarget } from "./target.ts";

export interface ProjectInstallation {
  readonly project: Project;
  readonly installation: Installation;
}

/** What the lockfile says for a package on the platform of the context. */
export async function readInstallation(
  context: PlanContext,
  spec: Pick<SpecOf<"modules">, "package" | "libc" | "dev">,
): Promise<ProjectInstallation> {
  const project = findProject(context, spec.package);
  const options = { target: nodeTarget(context.platform, spec.libc), dev: spec.dev };
  const installation = await fromLockfile(context, project, options);
  const locals = installation.locals.map(({ directory }) => ({
    directory,
    bin: localBin(context, join(project.root, directory)),
  }));
  return { project, installation: withNameLink({ ...installation, locals }, project, spec.package) };
}

async function fromLockfile(
  context: PlanContext,
  project: Project,
  options: InstallOptions,
): Promise<Installation> {
  switch (project.lockfile.kind) {
    case "npm":
      return npmInstallation(readNpmLock(project.lockfile), project, options);
    case "pnpm":
      return pnpmInstallation(
        readPnpmLock(project.lockfile),
        project,
        pnpmSettings(context, project.root),
        options,
      );
    case "yarn":
      throw new TsdockError("NODE_LOCKFILE_UNSUPPORTED", "yarn");
  }
}

/** Commands of a package of the workspace; one whose file is not built yet is left out. */
function localBin(context: PlanContext, directory: string): Readonly<Record<string, string>> {
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
