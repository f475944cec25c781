import { formatPlace } from "../../errors/place.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import type { CompiledImage, Definition } from "../definition.ts";
import { imageAnnotations } from "../image-annotations.ts";

/** What `tsdock graph --json` prints. Members are added, never renamed. */
export interface GraphJson {
  readonly vertices: readonly {
    readonly id: string;
    readonly op: string;
    readonly name: string;
    readonly platform: string;
    readonly inputs: readonly string[];
    readonly images: readonly string[];
    /** `file:line:column`, null where it is not known. */
    readonly source: string | null;
  }[];
  readonly images: readonly {
    readonly name: string;
    /** The top of the first platform; null for an image without files. */
    readonly vertex: string | null;
    readonly platforms: readonly { readonly platform: string; readonly vertex: string | null }[];
    readonly groups: readonly string[];
    /** What its manifest and index say; those that the base and a publish add are not known here. */
    readonly annotations: readonly {
      readonly level: "manifest" | "index" | "descriptor";
      readonly name: string;
      readonly value: string;
      readonly source: string;
    }[];
  }[];
}

export function graphJson(definition: Definition): GraphJson {
  return {
    vertices: [...definition.vertices.values()].map((vertex) => {
      const place = vertex.site?.place();
      return {
        id: vertex.id,
        op: vertex.op.type,
        name: vertex.name,
        platform: formatPlatform(vertex.platform),
        inputs: vertex.inputs,
        images: vertex.images,
        source: place === undefined ? null : formatPlace(place),
      };
    }),
    images: definition.images.map(({ name, platforms, groups, ...image }) => ({
      name,
      vertex: platforms[0]?.top ?? null,
      platforms: platforms.map(({ platform, top }) => ({
        platform: formatPlatform(platform),
        vertex: top ?? null,
      })),
      groups,
      annotations: annotationsOf(image),
    })),
  };
}

function annotationsOf(
  image: Pick<CompiledImage, "annotations" | "described">,
): GraphJson["images"][number]["annotations"] {
  const { described = [] } = image;
  return (["manifest", "index", "descriptor"] as const).flatMap((level) => {
    const all = level === "descriptor" ? image.annotations.descriptor : imageAnnotations(image, level, {});
    return Object.entries(all).map(([name, value]) => {
      const source = described.find((one) => one.name === name && one.value === value)?.source;
      return { level, name, value, source: source ?? "annotation()" };
    });
  });
}
