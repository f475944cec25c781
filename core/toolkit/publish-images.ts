import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import { publish } from "../publish/publish.ts";
import type { PublishResult } from "../publish/publish-result.ts";
import type { Host } from "./host.ts";
import { solveIn } from "./solve-images.ts";
import type { SolveSelection } from "./solve-options.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

export interface PublishRequest extends SolveSelection {
  /** `HOST[/PATH]` or `oci:DIR`; that of the configuration unless given. */
  readonly registry: string | undefined;
  /** Those of the configuration unless given. */
  readonly tags: readonly string[];
  readonly immutable: boolean;
  readonly dryRun: boolean;
}

/** Builds what is not built, then publishes all of it: no tag moves before everything is there. */
export async function publishImages(request: PublishRequest, host: Host): Promise<PublishResult> {
  const workspace = await openWorkspace(request, host);
  const destination = destinationOf(request, workspace, host);
  const tags = tagsOf(request, workspace);
  await using solved = await solveIn(workspace, request, host);
  const { config } = workspace;
  const images = solved.images.map(({ name, descriptor, image }) => {
    return { name, descriptor, directory: path.relative(config.directory, image.directory) || "." };
  });
  const directories = new Map(images.map(({ name, directory }) => [name, directory]));
  return await publish({
    images,
    destination,
    repository: (name) =>
      `${destination}/${config.repository({ name, directory: directories.get(name) ?? "." })}`,
    tags,
    store: solved.session.store,
    client: solved.session.registry.get,
    emit: host.emit,
    signal: host.signal,
    dryRun: request.dryRun,
  });
}

function destinationOf(request: PublishRequest, { config }: Workspace, host: Host): string {
  const given = request.registry ?? config.registry;
  if (given === undefined) {
    throw new TsdockError("USAGE", "there is no registry to publish to", {
      hint: "set `registry` in tsdock.config.ts, or give --registry HOST/PATH or --registry oci:DIR",
    });
  }
  if (!given.startsWith("oci:")) return given.replace(/\/+$/, "");
  return `oci:${path.resolve(request.registry === undefined ? config.directory : host.cwd, given.slice(4))}`;
}

function tagsOf(request: PublishRequest, { config }: Workspace) {
  const given = request.tags.length > 0;
  const tags = given ? request.tags : config.tags;
  if (tags.length === 0) {
    throw new TsdockError("USAGE", "there is no tag to publish", {
      hint: "set `tags` in tsdock.config.ts, or give --tag TAG",
    });
  }
  const reason = given ? "given by --tag" : "in the configuration";
  return tags.map((tag) => ({
    tag,
    class: request.immutable ? ("immutable" as const) : ("rolling" as const),
    reason,
  }));
}
