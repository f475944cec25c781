import fs from "node:fs";
import path from "node:path";
import type { SandboxCommand, SandboxMount } from "../../oci/runtime/sandbox.ts";

const localHosts = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";

/**
 * The files of /etc that belong to the machine and not to the image. A step gets them read-only, as BuildKit does it; a
 * container gets copies of its own that it may write to, and its name, as docker does it. They are made in the step's
 * `directory`, because what this machine has may be a link that leads nowhere in a moment.
 */
export function ownMounts(
  directory: string,
  { network, hostname }: Pick<SandboxCommand, "network" | "hostname">,
  kind: "step" | "container",
  /** Targets that somebody else has files for. */
  given: ReadonlySet<string> = new Set(),
): readonly SandboxMount[] {
  const isHost = network === "host";
  const files: Record<string, string> = {
    "resolv.conf": isHost ? readIfThere("/etc/resolv.conf") : "",
    hosts: isHost ? readIfThere("/etc/hosts") || localHosts : localHosts,
  };
  if (kind === "container") {
    files.hostname = `${hostname}\n`;
    if (!isHost) files.hosts = `${localHosts}127.0.0.1\t${hostname}\n`;
  }
  return Object.entries(files).flatMap(([name, content]): readonly SandboxMount[] => {
    const [source, target] = [path.join(directory, name), `/etc/${name}`];
    if (given.has(target)) return [];
    fs.writeFileSync(source, content);
    fs.chmodSync(source, 0o644);
    return [{ type: "bind", source, target, readonly: kind === "step" }];
  });
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
