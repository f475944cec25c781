import os from "node:os";
import path from "node:path";
import { imageMark, linkOf } from "../declare/image.ts";
import type { Image } from "../declare/image.ts";
import type { Link } from "../declare/instruction.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { rootOf } from "../graph/compile/expand.ts";
import { isImageName, nameOfFile } from "../graph/compile/names.ts";
import { requireStored, viewOf } from "./find-image.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import { ImageUnderTest } from "./image-under-test.ts";
import { openStore } from "./open-store.ts";
import { type SolvedImages, solveImages, solveIn } from "./solve-images.ts";
import type { SolveSelection } from "./solve-options.ts";
import { findWorkspace, openValues } from "./workspace.ts";

export interface TestBuildRequest {
  /** The configuration file that was named. */
  readonly config: string | undefined;
  /** `os/architecture[/variant]`; that of this machine unless given. */
  readonly platform: string | undefined;
  /** For an image by name: a value has been given its params already. */
  readonly params: Readonly<Record<string, string>>;
  /** `id=NAME,src=FILE`, `id=NAME,env=VARIABLE`. */
  readonly secrets: readonly string[];
  readonly noCache: boolean;
  readonly locked: boolean;
}

/** Builds an image of the workspace by its name, as `tsdock build` does, and opens it. */
export async function buildNamed(
  name: string,
  request: TestBuildRequest,
  host: Host,
): Promise<ImageUnderTest> {
  await using solved = await solveImages(selection(request, [name]), host);
  return await open(solved, request, host);
}

/**
 * Builds an image that is at hand as a value, exported or not. It gets no name in the store, which keeps it as long as this
 * process lives. Errors `DECLARATION_INVALID` where the value is no image, and those of a build.
 */
export async function buildValue(
  image: Image,
  request: TestBuildRequest,
  host: Host,
): Promise<ImageUnderTest> {
  if (Object.keys(request.params).length > 0) {
    throw new TsdockError("USAGE", "params were given for an image whose module has run already", {
      hint: "build it by its name: build('web', { params })",
    });
  }
  const link = linkOfImage(image);
  const file = rootOf(link).site.file() ?? path.join(host.cwd, "image.ts");
  const stem = nameOfFile(file);
  const name = isImageName(stem) ? stem : "image";
  const found = await findWorkspace({ config: request.config }, host);
  const module = { file, exports: { [name]: image }, place: () => undefined };
  const platforms = request.platform === undefined ? [] : [request.platform];
  const workspace = openValues(found, [module], { platforms }, host);
  if (workspace.compiled.definition.images.length === 0) {
    throw new TsdockError("IMAGE_WITHOUT_BASE", "the image has no from()", {
      place: rootOf(link).site.place(),
      hint: "write .from(scratch), or name a base",
    });
  }
  await keepForThisProcess(host);
  await using solved = await solveIn(workspace, selection(request, []), host, { unnamed: true });
  return await open(solved, request, host);
}

/** Opens an image of the store: by name, id or digest, `oci:DIR[:TAG]` or `docker-archive:FILE`. Error `IMAGE_NOT_FOUND`. */
export async function openStored(
  reference: string,
  { platform }: Pick<TestBuildRequest, "platform">,
  host: Host,
): Promise<ImageUnderTest> {
  await using store = await openStore(host);
  await keepForThisProcess(host);
  const view = await viewOf(store, await requireStored(store, reference, host), platform);
  return new ImageUnderTest(reference, view, store, host);
}

async function open(
  { images, session }: SolvedImages,
  { platform }: TestBuildRequest,
  host: Host,
): Promise<ImageUnderTest> {
  const [image] = images;
  if (image === undefined || images.length > 1) {
    const names = images.map(({ name }) => name).join(", ");
    throw new TsdockError("USAGE", `one image is tested at a time, and these were built: ${names}`, {
      hint: "give the name of one image, not a pattern or a group",
    });
  }
  const found = { name: image.name, descriptor: image.descriptor };
  return new ImageUnderTest(image.name, await viewOf(session.store, found, platform), session.store, host);
}

const selection = (request: TestBuildRequest, images: readonly string[]): SolveSelection => ({
  images,
  platforms: request.platform === undefined ? [] : [request.platform],
  params: request.params,
  secrets: request.secrets,
  ssh: [],
  noCache: request.noCache,
  jobs: os.availableParallelism(),
  keepGoing: false,
  locked: request.locked,
  runtime: undefined,
  config: request.config,
});

function linkOfImage(image: Image): Link {
  const mark = imageMark(image);
  if (mark === "foreign") {
    throw new TsdockError("DECLARATION_FOREIGN", "the image was made by another copy of tsdock", {
      hint: "install one version for the whole workspace, and let the test runner not bundle it",
    });
  }
  const link = mark === undefined ? undefined : linkOf(image);
  if (link !== undefined) return link;
  throw new TsdockError("DECLARATION_INVALID", `${shown(image)} is no image that can be built`, {
    hint: 'give an image (build(web)) or the name of one (build("web"))',
  });
}

const shown = (value: unknown): string =>
  typeof value === "object" && value !== null && "then" in value ? "a promise" : String(value);

const kept = new Set<string>();

/** Prune leaves alone what this process looks at, until it ends. */
async function keepForThisProcess(host: Host): Promise<void> {
  const home = storeDirectory(host);
  if (kept.has(home)) return;
  kept.add(home);
  await using store = await openStore(host);
  await store.lease();
}
