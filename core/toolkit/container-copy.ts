import path from "node:path";
import { HostTools } from "../build/native/host-tools.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { copyContainer } from "../run/copy/copy-container.ts";
import { requireContainer } from "./container-operations.ts";
import type { Host } from "./host.ts";

export interface CopyRequest {
  /** `CONTAINER:PATH`, a path of this machine, or `-` for a tar on standard input or output. */
  readonly source: string;
  readonly destination: string;
  /** What a link at the source's end leads to. */
  readonly followLink: boolean;
  readonly keepOwners: boolean;
}

export interface CopyResult {
  /** Of a tar of what was copied. */
  readonly bytes: number;
  /** As it was given, absolute where it is of this machine. */
  readonly destination: string;
}

interface Inside {
  readonly container: string;
  readonly path: string;
}

/** As docker: what begins with `/` or `.` is of this machine, whatever colons it has. */
function insideOf(text: string): Inside | undefined {
  const at = text.indexOf(":");
  if (at < 0 || text.startsWith("/") || text.startsWith(".")) return undefined;
  return { container: text.slice(0, at), path: text.slice(at + 1) };
}

/** The ends `/` and `/.` mean something. */
function absolute(text: string, cwd: string): string {
  if (text === "-") return text;
  const end = /(?:^|\/)\.?$/.exec(text)?.[0] ?? "";
  const whole = path.resolve(cwd, text);
  return end === "" || whole === "/" ? whole : `${whole}/${end.endsWith(".") ? "." : ""}`;
}

/** Copies files between a container and this machine. Errors `USAGE`, and those of `copyContainer`. */
export async function copyOne(request: CopyRequest, host: Host): Promise<CopyResult> {
  const [from, to] = [insideOf(request.source), insideOf(request.destination)];
  if (from !== undefined && to !== undefined) throw usage("copying between containers is not supported");
  const inside = from ?? to;
  if (inside === undefined) throw usage("must specify at least one container source");
  if (inside.container === "") throw usage("the container's name is missing before the colon");
  if (inside.path === "" || request.source === "" || request.destination === "")
    throw usage("a path is missing");
  const outside = absolute(from === undefined ? request.source : request.destination, host.cwd);
  const { home, container, record } = await requireContainer(inside.container, host);
  const searchPath = host.env["PATH"] ?? "";
  const bytes = await copyContainer({
    home,
    container,
    name: record.name,
    direction: from === undefined ? "in" : "out",
    inside: inside.path,
    outside,
    followLink: request.followLink,
    keepOwners: request.keepOwners,
    searchPath,
    tools: new HostTools(searchPath),
    signal: host.signal,
  });
  return { bytes, destination: from === undefined ? request.destination : outside };
}

const usage = (message: string): TsdockError =>
  new TsdockError("USAGE", message, {
    hint: "tsdock cp CONTAINER:PATH DEST|-, or tsdock cp SOURCE|- CONTAINER:PATH",
  });
