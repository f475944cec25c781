import type { DirectoryIndex } from "../../oci/layer/directory-index.ts";
import type { ByteString } from "../../oci/layer/entry.ts";
import { type ResolveOptions, resolvePath } from "../../oci/layer/resolve-path.ts";

export interface DirectoryFacts {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** All that a copy looks at in the tree that it lies on: directories and symbolic links. Files are not among it. */
export interface BaseFacts {
  /** `""` is the root, which is always there. */
  directory(path: ByteString): DirectoryFacts | undefined;
  /** The target of a symbolic link. */
  link(path: ByteString): ByteString | undefined;
  resolve(path: ByteString, options: ResolveOptions): ByteString;
}

const root: DirectoryFacts = { mode: 0o755, uid: 0, gid: 0 };

/** Of a layer that lies on nothing, or does not look at what it lies on. */
export const noBase: BaseFacts = {
  directory: (path) => (path === "" ? root : undefined),
  link: () => undefined,
  resolve: (path, options) => resolvePath(() => undefined, path, options),
};

export function factsOfIndex(index: DirectoryIndex): BaseFacts {
  return {
    directory(path) {
      const found = index.directory(path);
      if (found === undefined) return path === "" ? root : undefined;
      const [mode, uid, gid] = found;
      return { mode, uid, gid };
    },
    link: (path) => index.link(path),
    resolve: (path, options) => index.resolve(path, options),
  };
}
