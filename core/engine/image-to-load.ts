import type { ImageView } from "../oci/image/image-view.ts";
import type { Blobs } from "../oci/store/contract.ts";
import type { Engine } from "./engine.ts";

export interface LoadedImage {
  readonly view: ImageView;
  /** `NAME:TAG`; none for an image that is called by its id. */
  readonly names: readonly string[];
}

export interface EngineLoad {
  readonly engine: Engine;
  readonly image: LoadedImage;
  readonly blobs: Blobs;
  /** Brings the blobs of the layers from the given one on into `blobs`. */
  readonly complete: (from: number) => Promise<void>;
}
