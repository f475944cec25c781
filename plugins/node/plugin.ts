import type { Json, SourcePlugin } from "tsdock/plugin";
import type { NodeSpec } from "./options.ts";
import { runtimeLockKey } from "./runtime/runtime-source.ts";

/** The spec is what `nodeApp()` made: JSON by its shape. */
const specOf = (spec: Json): NodeSpec => spec as unknown as NodeSpec;

const titles: Readonly<Record<NodeSpec["kind"], string>> = {
  runtime: "node runtime",
  modules: "node modules",
  app: "node app",
};

/** The source plugin behind `nodeApp()`. Everything that does work is loaded when it is needed. */
export const nodePlugin: SourcePlugin = {
  name: "node",
  version: 1,
  title: (spec) => `${titles[specOf(spec).kind]} (${specOf(spec).package})`,
  lockKey(json, platform, files) {
    const spec = specOf(json);
    return spec.kind === "runtime" ? runtimeLockKey(spec, platform, { files, workspace: "" }) : undefined;
  },
  async resolve(json, context) {
    const spec = specOf(json);
    if (spec.kind !== "runtime") return null;
    const { resolveRuntime } = await import("./runtime/runtime-source.ts");
    return (await resolveRuntime(spec, context)) as unknown as Json;
  },
  async plan(json, _locked, context) {
    const spec = specOf(json);
    switch (spec.kind) {
      case "runtime":
        return { key: null };
      case "modules": {
        const { planModules } = await import("./layers/module-layers.ts");
        return await planModules(spec, context);
      }
      case "app": {
        const { planApp } = await import("./layers/app-layers.ts");
        return await planApp(spec, context);
      }
    }
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
        return await moduleLayers(spec, context);
      }
      case "app": {
        const { appLayers } = await import("./layers/app-layers.ts");
        return await appLayers(spec, context);
      }
    }
  },
};
