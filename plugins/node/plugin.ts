import type { Json, Platform, SourcePlugin, WorkspaceFiles } from "tsdock/plugin";
import type { NodeSpec, SpecOf } from "./options.ts";
import { factsLockKey } from "./install/resolve-facts.ts";
import { runtimeLockKey } from "./runtime/runtime-source.ts";

/** The spec is what `nodeApp()` made: JSON by its shape. */
const specOf = (spec: Json): NodeSpec => spec as unknown as NodeSpec;

const titles: Readonly<Record<NodeSpec["kind"], string>> = {
  runtime: "node runtime",
  modules: "node modules",
  app: "node app",
  module: "node module",
};

const subjectOf = (spec: NodeSpec): string => (spec.kind === "module" ? spec.entry : spec.package);

function lockKeyOf(spec: NodeSpec, platform: Platform, files: WorkspaceFiles): string | undefined {
  if (spec.kind === "module") return undefined;
  const context = { platform, files, workspace: files.directory };
  return spec.kind === "runtime"
    ? runtimeLockKey(spec, platform, context)
    : factsLockKey(installOf(spec), context);
}

const installOf = (spec: SpecOf<"modules" | "app">) => ({
  package: spec.package,
  libc: spec.libc,
  dev: spec.kind === "modules" ? spec.dev : spec.sources,
});

/** The source plugin behind `nodeApp()`. What packs and downloads is loaded when it is needed. */
export const nodePlugin: SourcePlugin = {
  name: "node",
  version: 1,
  title: (spec) => `${titles[specOf(spec).kind]} (${subjectOf(specOf(spec))})`,
  lockKey(json, platform, files) {
    return lockKeyOf(specOf(json), platform, files);
  },
  async resolve(json, context) {
    const spec = specOf(json);
    if (spec.kind === "module") return null;
    if (spec.kind !== "runtime") {
      const { resolveFacts } = await import("./install/resolve-facts.ts");
      return await resolveFacts(installOf(spec), context);
    }
    const { resolveRuntime } = await import("./runtime/runtime-source.ts");
    return (await resolveRuntime(spec, context)) as unknown as Json;
  },
  async plan(json, locked, context) {
    const spec = specOf(json);
    switch (spec.kind) {
      case "runtime":
        return { key: null };
      case "modules": {
        const { planModules } = await import("./layers/module-layers.ts");
        return planModules(spec, locked, context);
      }
      case "app": {
        const { planApp } = await import("./layers/app-layers.ts");
        return planApp(spec, locked, context);
      }
      case "module": {
        const { planModule } = await import("./copy-module/module-layer.ts");
        return planModule(spec, context);
      }
    }
  },
  async packages(json, locked, context) {
    const { nodePackages } = await import("./node-packages.ts");
    return nodePackages(specOf(json), locked, context);
  },
  async build(json, locked, context) {
    const spec = specOf(json);
    switch (spec.kind) {
      case "runtime": {
        const { runtimeLayers } = await import("./runtime/runtime-source.ts");
        return await runtimeLayers(spec, locked, context);
      }
      case "modules": {
        const { moduleLayers } = await import("./layers/module-layers.ts");
        return await moduleLayers(spec, locked, context);
      }
      case "app": {
        const { appLayers } = await import("./layers/app-layers.ts");
        return await appLayers(spec, locked, context);
      }
      case "module": {
        const { moduleLayer } = await import("./copy-module/module-layer.ts");
        return await moduleLayer(spec, context);
      }
    }
  },
};
