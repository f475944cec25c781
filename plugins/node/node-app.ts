import { diff, type Files, type Image, type ImageBuilder } from "tsdock";
import { nextFiles } from "./frameworks/next-files.ts";
import { type NodeAppOptions, type NodeSpecs, specsOf } from "./options.ts";
import { scriptOf } from "./sandbox/script-options.ts";
import {
  appDirectory,
  buildStage,
  installStage,
  leftovers,
  nodeSource,
  runtimeLibraries,
} from "./sandbox/stages.ts";

/**
 * A package of a workspace of npm, pnpm or yarn as an app: the lockfile's production closure for the platform, fetched
 * and verified here, in layers that change at different speeds. For `image().with(…)`.
 *
 * @example
 * export const api = image().with(nodeApp({ package: "@acme/api", entry: "dist/server.js" })).expose(3000);
 *
 * @throws TsdockError `NODE_OPTIONS`
 */
export function nodeApp(options: NodeAppOptions): (builder: ImageBuilder) => Image {
  const specs = specsOf(options);
  const { modules, app } = specs;
  const { args, nodeOptions = [], user = "1000:1000" } = options;
  const own = options.runtime === undefined;
  const directory = appDirectory(modules.to, options.package);
  return (builder) => {
    const base = own
      ? builder.from(runtimeLibraries()).add(nodeSource(specs.runtime))
      : builder.from(options.runtime);
    const filled =
      options.framework === "next" ? nextFiles(base, options, specs) : appFiles(base, options, specs);
    const image = filled
      .env({ NODE_ENV: "production" })
      .workdir(directory)
      .user(user)
      .entrypoint([own ? "/usr/local/bin/node" : "node", ...nodeOptions, `${directory}/${app.entry}`]);
    const [first, ...others] = args ?? [];
    return first === undefined ? image : image.cmd([first, ...others]);
  };
}

/** Packages, packages of the workspace, and what the app's own script writes. */
function appFiles(base: Image, options: NodeAppOptions, specs: NodeSpecs): Image {
  const { modules, app } = specs;
  const installed = base.add(nodeSource(modules));
  const scripts = installStage(specs, options);
  const withScripts =
    scripts === undefined
      ? installed
      : installed.copy(modules.to, modules.to, { from: scripts, exclude: leftovers });
  const copied = withScripts.add(nodeSource(app));
  if (!app.built) return copied;
  return copied.copy(modules.to, modules.to, {
    from: built(options, specs),
    exclude: ["**/node_modules", ...leftovers],
  });
}

/** What the package's build script wrote, on top of what is in the workspace. */
function built(options: NodeAppOptions, specs: NodeSpecs): Files {
  const { before, after } = buildStage(specs, options, {
    script: scriptOf(options),
    expected: specs.app.entry,
  });
  return diff(before, after);
}
