import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { volumeName } from "./parse-mount.ts";

/** What `--mount` describes. Targets are absolute places in the container. */
export type MountSpec =
  | {
      readonly type: "bind" | "volume";
      /** Absolute path, volume's name, or empty for an anonymous volume. */
      readonly source: string;
      readonly target: string;
      readonly readonly: boolean;
    }
  | { readonly type: "tmpfs"; readonly target: string; readonly options: readonly string[] };

const names: Readonly<Record<string, string>> = {
  type: "type",
  source: "source",
  src: "source",
  target: "target",
  dst: "target",
  destination: "target",
  readonly: "readonly",
  ro: "readonly",
  "tmpfs-size": "size",
  "tmpfs-mode": "mode",
};

/** Reads `type=bind,src=/data,dst=/srv,ro`, as docker's `--mount`; `type` is `volume` unless given. Error `VOLUME_INVALID`. */
export function parseMountSpec(text: string, cwd: string): MountSpec {
  const fields = fieldsOf(text);
  const { type = "volume", source = "", size, mode } = fields;
  const target = path.posix.normalize(fields.target ?? "").replace(/\/$/, "");
  if (!target.startsWith("/")) throw invalid(text, "it has no dst, an absolute path other than /");
  if (type === "tmpfs") {
    if (source !== "") throw invalid(text, "a tmpfs has no source");
    const given = Object.entries({ size, mode }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    return { type, target, options: ["nosuid", "nodev", "noexec", ...given] };
  }
  if (size !== undefined || mode !== undefined) throw invalid(text, "only a tmpfs has a size and a mode");
  const readonly = switchOf(fields.readonly, text);
  if (type === "volume") {
    if (source !== "" && !volumeName.test(source))
      throw invalid(text, `${JSON.stringify(source)} is no volume's name`);
    return { type, source, target, readonly };
  }
  if (type !== "bind") throw invalid(text, `${JSON.stringify(type)} is no type: bind, volume or tmpfs`);
  if (source === "") throw invalid(text, "it has no src");
  return { type, source: path.resolve(cwd, source), target, readonly };
}

function fieldsOf(text: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    text.split(",").map((part) => {
      const [key = "", ...rest] = part.split("=");
      const name = names[key.trim().toLowerCase()];
      if (name === undefined) throw invalid(text, `${JSON.stringify(key)} is nothing that a mount has`);
      if (rest.length === 0 && name !== "readonly") throw invalid(text, `${key} has no value`);
      return [name, rest.length === 0 ? "true" : rest.join("=")];
    }),
  );
}

function switchOf(value: string | undefined, text: string): boolean {
  if (value === undefined || value === "false" || value === "0") return false;
  if (value === "true" || value === "1") return true;
  throw invalid(text, `readonly is true or false, not ${JSON.stringify(value)}`);
}

const invalid = (text: string, reason: string): TsdockError =>
  new TsdockError("VOLUME_INVALID", `--mount ${text}: ${reason}`, {
    hint: "write --mount type=bind,src=./data,dst=/data,ro or --mount type=volume,src=NAME,dst=/data",
  });
