import fs from "node:fs";
import path from "node:path";
import type { TreeMemory } from "../../build/native/lower-tree.ts";
import { ownMounts } from "../../build/native/own-mounts.ts";
import { planStep } from "../../build/native/plan-step.ts";
import { removeTree } from "../../build/native/state-directory.ts";
import { type StepPlan, upperDirectory } from "../../build/native/step-plan.ts";
import type { Capability } from "../../oci/runtime/capabilities.ts";
import type { SandboxMount } from "../../oci/runtime/sandbox.ts";
import { containerEnvironment } from "../container-command.ts";
import { extraHostLine } from "../network/names/hosts-file.ts";
import { formatResolvConf } from "../network/names/resolv-conf.ts";
import type { ContainerMount, ContainerRecord } from "../state/container-record.ts";

export interface PlanContainerOptions {
  /** The container's `root`, cleared. */
  readonly directory: string;
  readonly capabilities: readonly Capability[];
  readonly rootless: boolean;
  /** Of ours, such as hosts and resolv.conf of a network; they win over those of this machine. */
  readonly files: readonly SandboxMount[];
  /** Put before the command. */
  readonly init: readonly string[];
  /** Of earlier containers of the image. */
  readonly memory: TreeMemory | undefined;
}

/** Settles one life of a container. Errors as those of `planStep`. */
export function planContainer(
  record: ContainerRecord,
  { directory, capabilities, rootless, files, init, memory }: PlanContainerOptions,
): StepPlan {
  const network =
    record.network === "host" ? "host" : record.network === "none" ? "none" : ("prepared" as const);
  const { hostname } = record;
  const given = new Set(files.map((mount) => mount.target));
  const own = ownMounts(directory, { network, hostname }, "container", given);
  if (network !== "prepared") addNames(record, directory);
  return planStep(
    {
      id: record.id.slice(0, 12),
      argv: [...init, ...record.argv],
      env: containerEnvironment([`HOSTNAME=${hostname}`], record.config.Env ?? []),
      cwd: record.config.WorkingDir ?? "/",
      user: record.config.User ?? "",
      groups: record.groupAdd ?? [],
      ...(record.ulimits === undefined ? {} : { rlimits: record.ulimits }),
      hostname,
      lower: record.lower,
      mounts: record.mounts.map(sandboxMount),
      network,
    },
    {
      directory,
      capabilities,
      terminal: record.tty,
      ownMounts: [...own, ...files],
      rootless,
      keep: !record.autoRemove,
      memory,
    },
  );
}

/** On no network of ours, hosts and nameservers that were asked for come into the files of its own. */
function addNames({ extraHosts = [], dns = [] }: ContainerRecord, directory: string): void {
  if (extraHosts.length > 0) {
    const lines = extraHosts.map((text) => `${extraHostLine(text, undefined)}\n`);
    fs.appendFileSync(path.join(directory, "hosts"), lines.join(""));
  }
  if (dns.length === 0) return;
  fs.writeFileSync(path.join(directory, "resolv.conf"), formatResolvConf({ nameservers: dns, rest: [] }));
}

/** Makes a container's `root` ready for another life: everything but what the container changed is made anew. */
export async function clearRoot(directory: string): Promise<void> {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of fs.readdirSync(directory)) {
    if (name !== upperDirectory) await removeTree(path.join(directory, name));
  }
}

function sandboxMount(mount: ContainerMount): SandboxMount {
  if (mount.type === "tmpfs") return mount;
  const { source, target, readonly } = mount;
  return { type: "bind", source, target, readonly };
}
