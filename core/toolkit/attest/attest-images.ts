import type { SourcePlugin } from "../../plugin/contract.ts";
import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";
import type {
  Attestation,
  AttestationPlugin,
  AttestedImage,
  SourceRevision,
} from "../../plugin/attestation.ts";
import { type Artifact, artifactOf } from "../../publish/attest/artifact.ts";
import type { ReleasedImage } from "../../publish/publication.ts";
import type { ReleaseManifest } from "../../publish/release-image.ts";
import type { SolvedImages } from "../solve-images.ts";
import { imageMaterials, materialOf } from "./image-materials.ts";
import { imagePackages } from "./image-packages.ts";

export interface AttestOptions {
  readonly plugins: readonly AttestationPlugin[];
  readonly source: SourceRevision;
  /** Of tsdock. */
  readonly version: string;
}

/** Gives documents about each manifest of an image that has its digest. Error `ATTESTATION_INVALID`. */
export const attestImages =
  (solved: SolvedImages, options: AttestOptions) =>
  async (image: ReleasedImage): Promise<readonly Artifact[]> => {
    const artifacts: Artifact[] = [];
    for (const [index, manifest] of image.release.manifests.entries()) {
      const attested = await attestedImage(image.plan.name, index, manifest, solved, options);
      for (const plugin of options.plugins) {
        const { descriptor } = manifest.document;
        for (const one of await attestedBy(plugin, attested)) artifacts.push(artifactOf(one, descriptor));
      }
    }
    return artifacts;
  };

const mediaType = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i;

/** What plugins give is checked: they may be anybody's. */
async function attestedBy(plugin: AttestationPlugin, image: AttestedImage): Promise<readonly Attestation[]> {
  const given: unknown = await ask(plugin, image);
  if (!Array.isArray(given)) throw invalid(plugin, "gives no list");
  for (const one of given as readonly (Partial<Attestation> | null)[]) {
    const { artifactType, content } = one ?? {};
    if (typeof artifactType !== "string" || !mediaType.test(artifactType))
      throw invalid(plugin, `gives one of the type ${JSON.stringify(artifactType)}, which is no media type`);
    if (typeof content !== "string" && (typeof content !== "object" || !("json" in content)))
      throw invalid(
        plugin,
        `gives one of the type ${artifactType} whose content is neither text nor { json }`,
      );
  }
  return given as readonly Attestation[];
}

async function ask(plugin: AttestationPlugin, image: AttestedImage): Promise<readonly Attestation[]> {
  try {
    return await plugin.attest(image);
  } catch (error) {
    if (isTsdockError(error)) throw error;
    throw invalid(
      plugin,
      `failed for ${image.name}: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

const invalid = ({ name }: AttestationPlugin, why: string, cause?: unknown): TsdockError =>
  new TsdockError("ATTESTATION_INVALID", `the attestation plugin ${name} ${why}`, {
    hint: "correct the plugin, or take it out of `attestations` in the configuration: no tag has moved",
    cause,
  });

async function attestedImage(
  name: string,
  index: number,
  manifest: ReleaseManifest,
  { images, definition, solution, session, workspace }: SolvedImages,
  { source, version }: AttestOptions,
): Promise<AttestedImage> {
  const built = images.find((one) => one.name === name);
  const compiled = built?.image.platforms[index];
  if (compiled === undefined) throw new Error(`${name} is published for a platform that was not built`);
  const { context } = session;
  const options = {
    definition,
    solution,
    plugins: context.plugins satisfies ReadonlyMap<string, SourcePlugin>,
  };
  const begun = compiled.source === undefined ? undefined : definition.vertices.get(compiled.source);
  const base = begun?.op.type === "source" && begun.op.kind !== "plugin" && begun.op.kind !== "git";
  const material = base ? materialOf(begun, options) : undefined;
  return {
    name,
    platform: compiled.platform,
    digest: manifest.document.descriptor.digest,
    imageId: manifest.imageId,
    source,
    materials: imageMaterials(compiled, options),
    ...(material === undefined ? {} : { base: material }),
    packages: await imagePackages(compiled, options, context),
    params: Object.fromEntries(workspace.params),
    steps: compiled.steps.map(({ createdBy }) => createdBy),
    clampTime: context.clampTime,
    version,
  };
}
