import { formatPlace } from "../../errors/place.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import type { Definition } from "../definition.ts";

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
    images: definition.images.map(({ name, platforms, groups }) => ({
      name,
      vertex: platforms[0]?.top ?? null,
      platforms: platforms.map(({ platform, top }) => ({
        platform: formatPlatform(platform),
        vertex: top ?? null,
      })),
      groups,
    })),
  };
}
