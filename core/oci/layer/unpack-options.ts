import type { ByteString } from "./entry.ts";

export interface UnpackOptions {
  /**
   * `overlay`: a lower directory for overlayfs: whiteouts are character devices 0/0, opaque directories bear
   * `trusted.overlay.opaque`; `overlay-userxattr`: the same with `user.overlay.opaque`, for mounts in a user namespace.
   * `apply`: whiteouts remove what layers unpacked earlier into the same directory have left.
   */
  readonly whiteouts: "overlay" | "overlay-userxattr" | "apply";
  /** Device nodes are made and attributes of the `trusted` class set. Else both are left out and reported. */
  readonly privileged: boolean;
  /** Later times are set to this: seconds since 1970. */
  readonly clampTime?: number;
}

export interface UnpackReport {
  readonly entries: number;
  /** Of file contents. */
  readonly bytes: number;
  /** What was left out, and why. */
  readonly skipped: readonly { readonly path: ByteString; readonly reason: string }[];
  /**
   * Directories that the layer has children of but no entry for: made with mode 755. On an overlay they hide the mode
   * and owner that layers below gave them.
   */
  readonly implicitDirectories: readonly ByteString[];
}
