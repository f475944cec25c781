import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";

/** What `-v` names: a path of this machine, a volume, or nothing but a place in the container. */
export interface VolumeSpec {
  /** Absolute path, volume's name, or empty for an anonymous volume. */
  readonly source: string;
  readonly kind: "bind" | "volume";
  /** Absolute, in the container. */
  readonly target: string;
  readonly readonly: boolean;
}

/** Modes of docker that say something about us; labels of SELinux and propagation have no meaning here. */
const modes: Readonly<Record<string, boolean>> = { ro: true, rw: false };
export const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Reads `[SOURCE:]TARGET[:ro|rw]`; a path may begin with `./`, `../` or `~/`. Error `VOLUME_INVALID`. */
export function parseVolumeSpec(text: string, cwd: string, home: string): VolumeSpec {
  const parts = text.split(":");
  // `/x:ro` would be a place without a source, which docker does not take either.
  const mode = parts.length > 2 && modes[parts.at(-1) ?? ""] !== undefined ? parts.pop() : undefined;
  const [target = "", source = ""] = parts.reverse();
  const isPath = /^(?:\/|\.\.?(?:\/|$)|~(?:\/|$))/.test(source);
  const isSound = parts.length <= 2 && target.startsWith("/") && path.posix.normalize(target) !== "/";
  if (!isSound || (source !== "" && !isPath && !volumeName.test(source))) throw invalid(text);
  return {
    source: isPath ? path.resolve(cwd, source.replace(/^~/, home)) : source,
    kind: isPath ? "bind" : "volume",
    target: path.posix.normalize(target).replace(/\/$/, ""),
    readonly: modes[mode ?? "rw"] ?? false,
  };
}

/** Reads `TARGET[:OPTIONS]` of `--tmpfs`. Error `VOLUME_INVALID`. */
export function parseTmpfs(text: string): { readonly target: string; readonly options: readonly string[] } {
  const at = text.indexOf(":");
  const target = at < 0 ? text : text.slice(0, at);
  if (!target.startsWith("/") || path.posix.normalize(target) === "/") {
    throw new TsdockError("VOLUME_INVALID", `--tmpfs ${JSON.stringify(text)} has no place in the container`, {
      hint: "write --tmpfs /run or --tmpfs /run:size=64m: an absolute path other than /",
    });
  }
  const options =
    at < 0
      ? []
      : text
          .slice(at + 1)
          .split(",")
          .filter((option) => option !== "");
  return {
    target: path.posix.normalize(target).replace(/\/$/, ""),
    options: ["nosuid", "nodev", "noexec", ...options],
  };
}

const invalid = (text: string): TsdockError =>
  new TsdockError("VOLUME_INVALID", `${JSON.stringify(text)} is not a volume`, {
    hint: "write SOURCE:TARGET[:ro], where SOURCE is a path (/data, ./data) or a volume's name and TARGET an absolute path other than /",
  });
