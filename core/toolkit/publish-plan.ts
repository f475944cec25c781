import path from "node:path";
import { loadDefault } from "../analyze/load-default.ts";
import { loadConfig, type WorkspaceConfig } from "../config/load-config.ts";
import { parsePlan } from "../publish/plan/plan-document.ts";
import { runPlan } from "../publish/plan/run-plan.ts";
import type { PublishResult } from "../publish/publish-result.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";
import { openJournal } from "./publish-journal.ts";
import { readDocument } from "./read-document.ts";
import { recordRelease } from "./record-release.ts";
import { createRegistryAccess } from "./registry-access.ts";

export interface PlanRunRequest {
  /** What `--plan-out` wrote. */
  readonly plan: string;
  readonly dryRun: boolean;
  readonly journal: string | undefined;
  readonly record: string | undefined;
  readonly config: string | undefined;
}

/** Publishes what a plan says, exactly that: nothing is built, and no module of the workspace is loaded. */
export async function publishPlan(request: PlanRunRequest, host: Host): Promise<PublishResult> {
  const plan = readPlan(path.resolve(host.cwd, request.plan));
  const config = await openConfig(request, host);
  await using registry = createRegistryAccess(host, config.registries);
  await using store = await openStore(host);
  await using _lease = await store.lease();
  const { emit, signal } = host;
  const journal = openJournal(store.directory, config.directory, request.journal, host);
  const { dryRun } = request;
  const result = await runPlan(plan, { store, client: registry.get, emit, signal, journal, dryRun });
  if (!dryRun) recordRelease(result, request, host);
  return result;
}

function readPlan(file: string): ReturnType<typeof parsePlan> {
  const hint = "name the file that `tsdock publish --plan-out FILE` wrote";
  return parsePlan(readDocument({ file, what: "the plan", code: "PUBLISH_PLAN_INVALID", hint }), file);
}

/** The configuration alone: how registries are reached, and where things go. */
export const openConfig = (
  { config }: { readonly config: string | undefined },
  host: Host,
): Promise<WorkspaceConfig> =>
  loadConfig({
    cwd: path.resolve(host.cwd),
    file: config,
    loadDefault: (file) => loadDefault({ file, self: host.self, signal: host.signal }),
  });
