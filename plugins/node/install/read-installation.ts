import { type PlanContext, TsdockError } from "tsdock/plugin";
import { readNpmLock } from "../lockfile/npm-lock.ts";
import type { SpecOf } from "../options.ts";
import { directoryOf, findProject, type Project } from "../project/find-project.ts";
import { byPath, type Installation } from "./installation.ts";
import { npmInstallation } from "./npm-installation.ts";
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
  const installation = npmInstallation(readNpmLock(project.lockfile), project, options);
  return { project, installation: withNameLink(installation, project, spec.package) };
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
