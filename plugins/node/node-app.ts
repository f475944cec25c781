import { diff, type Image, type ImageBuilder } from "tsdock";
import {
  appDirectory,
  buildStage,
  installStage,
  leftovers,
  nodeSource,
  runtimeLibraries,
} from "./node-build.ts";
import { type NodeAppOptions, specsOf } from "./options.ts";

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
  const { runtime, modules, app } = specs;
  const { args, nodeOptions = [], user = "1000:1000" } = options;
  const own = options.runtime === undefined;
  const directory = appDirectory(modules.to, options.package);
  return (builder) => {
    const base = own
      ? builder.from(runtimeLibraries()).add(nodeSource(runtime))
      : builder.from(options.runtime);
    const installed = base.add(nodeSource(modules));
    const scripts = installStage(specs, options.builder);
    const withScripts =
      scripts === undefined
        ? installed
        : installed.copy(modules.to, modules.to, { from: scripts, exclude: leftovers });
    const image = withBuild(withScripts.add(nodeSource(app)), options, modules.to)
      .env({ NODE_ENV: "production" })
      .workdir(directory)
      .user(user)
      .entrypoint([own ? "/usr/local/bin/node" : "node", ...nodeOptions, `${directory}/${app.entry}`]);
    const [first, ...others] = args ?? [];
    return first === undefined ? image : image.cmd([first, ...others]);
  };
}

/** What the package's build script wrote, on top of what is in the workspace. */
function withBuild(image: Image, options: NodeAppOptions, to: string): Image {
  const { build = false } = options;
  if (build === false) return image;
  const { before, after } = buildStage({ ...options, script: build === true ? "build" : build });
  return image.copy(to, to, { from: diff(before, after), exclude: ["**/node_modules", ...leftovers] });
}
