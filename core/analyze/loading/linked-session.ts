import path from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { isTimeUp } from "../../util/limit-time.ts";
import { createHookCore, type HookCore } from "./hook-core.ts";
import { openHooks } from "./hooked-session.ts";
import type { KeptTransforms } from "./kept-transforms.ts";
import type { LoadReport, LoadRequest } from "./load-report.ts";
import type { LoadSession, Namespace } from "./load-session.ts";
import { fileOf, loadOf, markedUrl } from "./load-url.ts";
import { ModuleStuck } from "./module-stuck.ts";
import { nativeImport } from "./native-import.ts";

/** Whether this process was started with `--experimental-vm-modules`, as the command is. */
export const canLink = (): boolean => (vm as { SourceTextModule?: unknown }).SourceTextModule !== undefined;

let shared: HookCore | undefined;

/** The load of `files`; undefined where one of their modules needs Node's own loader. Nothing of theirs has run then. */
export function linkSession(
  files: readonly string[],
  request: LoadRequest,
  timeoutMs: number,
  transforms?: KeptTransforms,
): LoadSession | undefined {
  shared ??= createHookCore();
  shared.begin(request, transforms);
  const session = new LinkedSession(shared, request, timeoutMs);
  return session.survey(files) ? session : undefined;
}

/** Loads what linking needs, ahead of the first load. */
export function warmLinking(): void {
  shared ??= createHookCore();
  shared.warm();
}

/** What a URL stands for: a module of the user, one that Node loads, or why there is none. */
type Found = Written | Native | Failed;

interface Written {
  readonly kind: "written";
  readonly module: vm.SourceTextModule;
  /** By specifier; filled by the survey. */
  readonly imports: Map<string, Found>;
}

interface Native {
  readonly kind: "native";
  readonly url: string;
  /** Stands for it among the modules that are linked here. */
  module?: Promise<vm.SyntheticModule>;
}

interface Failed {
  readonly kind: "failed";
  readonly error: unknown;
}

/**
 * A load whose modules are compiled and linked here, on this thread, by V8: the same ES modules that Node's loader would make, without
 * hooks in another thread that are asked for each import. What belongs to no load (packages, Node's own modules, tsdock itself) is
 * imported by Node, before the modules run that import it.
 */
class LinkedSession implements LoadSession {
  readonly #core: HookCore;
  readonly #request: LoadRequest;
  readonly #found = new Map<string, Found>();
  /** The end of the last that is being linked: one graph at a time, and all that are known before the first of them runs. */
  #linking: Promise<unknown> = Promise.resolve();

  readonly #timeoutMs: number;
  readonly #stuck = new Map<vm.Module, ModuleStuck>();

  constructor(core: HookCore, request: LoadRequest, timeoutMs: number) {
    this.#core = core;
    this.#request = request;
    this.#timeoutMs = timeoutMs;
  }

  /** Finds everything that files import, directly or not, before anything runs. False where a module needs hooks in Node's loader. */
  survey(files: readonly string[]): boolean {
    const roots = files.map((file) => this.#at(markedUrl(file, this.#request.load)));
    return !reached(roots).some((found) => found.kind === "native" && this.#needsHooks(found.url));
  }

  async import(file: string): Promise<Namespace> {
    const { namespace } = await this.#runModule(this.#at(markedUrl(file, this.#request.load)));
    return namespace as Namespace;
  }

  report(): Promise<LoadReport> {
    return Promise.resolve(this.#core.report(this.#request.load));
  }

  /** A module of the user that Node itself would have to load is CommonJS: what it imports in turn is beyond us. */
  #needsHooks(url: string): boolean {
    if (fileOf(url) === undefined) return false;
    return loadOf(url) !== undefined || this.#core.hasOtherSelf(url, this.#request.load);
  }

  #at(url: string): Found {
    const known = this.#found.get(url);
    if (known !== undefined) return known;
    const found = this.#look(url);
    this.#found.set(url, found);
    if (found.kind === "written") this.#lookFurther(found);
    return found;
  }

  #look(url: string): Found {
    try {
      const loaded = this.#core.load(url);
      if (loaded?.format !== "module") return { kind: "native", url };
      const module = new vm.SourceTextModule(loaded.source, {
        identifier: url,
        initializeImportMeta: (meta) => this.#describe(meta, url),
        importModuleDynamically: (specifier) => this.#runModule(this.#imported(specifier, url)),
      });
      return { kind: "written", module, imports: new Map() };
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  #lookFurther({ module, imports }: Written): void {
    for (const specifier of module.dependencySpecifiers)
      imports.set(specifier, this.#imported(specifier, module.identifier));
  }

  #imported(specifier: string, parent: string): Found {
    try {
      return this.#at(this.#core.resolve(specifier, parent)?.url ?? specifier);
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  #describe(meta: ImportMeta, url: string): void {
    const filename = fileOf(url) ?? "";
    const resolve = (specifier: string): string => {
      const found = this.#core.resolve(specifier, url)?.url ?? specifier;
      const file = fileOf(found);
      return file === undefined ? found : pathToFileURL(file).href;
    };
    Object.assign(meta, {
      dirname: path.dirname(filename),
      filename,
      resolve,
      url: pathToFileURL(filename).href,
    });
  }

  /** Evaluates a module, once however often it is asked for. */
  async #runModule(found: Found): Promise<vm.Module> {
    if (found.kind === "failed") throw found.error;
    const parts = reached([found]);
    for (const part of parts) if (part.kind === "failed") throw part.error;
    await Promise.all(parts.filter((part) => part.kind === "native").map((part) => this.#standIn(part)));
    const module = found.kind === "native" ? await this.#standIn(found) : found.module;
    const linked = this.#linking.then(() => this.#link(module, parts));
    this.#linking = linked.catch(() => undefined);
    await linked;
    // What is linked already is not linked to what fails meanwhile.
    await this.#linking;
    await this.#evaluate(module, parts);
    return module;
  }

  /** What loops without end is ended: of the modules that failed with it, it is the one whose imports did not. */
  async #evaluate(module: vm.Module, parts: readonly Found[]): Promise<void> {
    try {
      await module.evaluate({ timeout: this.#timeoutMs });
    } catch (error) {
      const written = parts.filter((part) => part.kind === "written");
      // Who imports it as well fails with nothing to tell.
      if (!isTimeUp(error)) throw this.#stuckAmong(written) ?? error;
      const failed = written.filter((part) => part.module.status === "errored");
      const first = failed.find(
        ({ imports }) => ![...imports.values()].some((one) => failed.some((part) => part === one)),
      );
      const identifier = first === undefined ? module.identifier : first.module.identifier;
      const stuck = new ModuleStuck(fileOf(identifier) ?? identifier);
      for (const part of failed) this.#stuck.set(part.module, stuck);
      throw stuck;
    }
  }

  #stuckAmong(written: readonly Written[]): ModuleStuck | undefined {
    const found = written.find((part) => this.#stuck.has(part.module));
    return found && this.#stuck.get(found.module);
  }

  /** Throws what a part threw when it ran for another module. */
  async #link(module: vm.Module, parts: readonly Found[]): Promise<void> {
    for (const part of parts)
      if (part.kind === "written" && part.module.status === "errored")
        throw this.#stuck.get(part.module) ?? part.module.error;
    if (module.status !== "unlinked") return;
    await module.link((specifier, parent) => {
      const importer = this.#found.get(parent.identifier);
      const part = importer?.kind === "written" ? importer.imports.get(specifier) : undefined;
      if (part === undefined || part.kind === "failed")
        throw new Error(`${parent.identifier} imports ${specifier}, which was not looked at`);
      return part.kind === "native" ? this.#standIn(part) : part.module;
    });
  }

  /** A module with the exports of one that Node loaded, as they are when that is done. */
  #standIn(native: Native): Promise<vm.SyntheticModule> {
    native.module ??= this.#importNative(native).then((namespace) => {
      const names = Object.keys(namespace);
      return new vm.SyntheticModule(
        names,
        function (this: vm.SyntheticModule) {
          for (const name of names) this.setExport(name, namespace[name]);
        },
        { identifier: native.url },
      );
    });
    return native.module;
  }

  /** What only a dynamic import reaches was not surveyed: it may need the hooks after all. */
  async #importNative({ url }: Native): Promise<Namespace> {
    if (this.#needsHooks(url)) await openHooks(this.#request);
    return nativeImport(url);
  }
}

/** Modules and all that they import, directly or not. */
function reached(roots: readonly Found[]): readonly Found[] {
  const all = new Set(roots);
  for (const found of all)
    if (found.kind === "written") for (const next of found.imports.values()) all.add(next);
  return [...all];
}
