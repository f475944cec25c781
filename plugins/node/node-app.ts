import type { Image, ImageBuilder } from "tsdock";
import { type Source, source } from "tsdock/plugin";
import { debian } from "tsdock/plugins/debian";
import { type NodeAppOptions, type NodeSpec, specsOf } from "./options.ts";
import { directoryOf } from "./project/find-project.ts";
import { nodePlugin } from "./plugin.ts";

const nodeSource = (spec: NodeSpec): Source => source(nodePlugin, spec);

/** What the official binary is linked to, without documentation. */
const libraries = (): Source =>
  debian({
    packages: ["libatomic1", "libc6", "libstdc++6"],
    exclude: ["/usr/share/doc/**", "/usr/share/man/**", "/usr/share/lintian/**", "/usr/share/locale/**"],
  });

/**
 * A package of a workspace of npm, pnpm or yarn as an app: the lockfile's production closure for the platform, fetched
 * and verified here, in layers that change at different speeds. For `image().with(…)`.
 *
 * @example
 * export const api = image().with(nodeApp({ package: "packages/api", entry: "dist/server.js" })).expose(3000);
 *
 * @throws TsdockError `NODE_OPTIONS`
 */
export function nodeApp(options: NodeAppOptions): (builder: ImageBuilder) => Image {
  const { runtime, modules, app } = specsOf(options);
  const { args, nodeOptions = [], user = "1000:1000" } = options;
  const own = options.runtime === undefined;
  const directory = appDirectory(modules.to, options.package);
  return (builder) => {
    const base = own ? builder.from(libraries()).add(nodeSource(runtime)) : builder.from(options.runtime);
    const image = base
      .add(nodeSource(modules))
      .add(nodeSource(app))
      .env({ NODE_ENV: "production" })
      .workdir(directory)
      .user(user)
      .entrypoint([own ? "/usr/local/bin/node" : "node", ...nodeOptions, `${directory}/${app.entry}`]);
    const [first, ...others] = args ?? [];
    return first === undefined ? image : image.cmd([first, ...others]);
  };
}

/** A package that is known by its name is reached by the link that every workspace has for it. */
function appDirectory(to: string, wanted: string): string {
  const directory = directoryOf(wanted);
  if (directory === undefined) return `${to}/node_modules/${wanted}`;
  return directory === "" ? to : `${to}/${directory}`;
}
