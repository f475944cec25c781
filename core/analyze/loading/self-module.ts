const registry = Symbol.for("tsdock.self-modules");

type Namespace = Readonly<Record<string, unknown>>;

/** Modules that are already there, by the URL under which a load imports them. On the main thread only. */
function registered(): Map<string, Namespace> {
  const holder = globalThis as { [registry]?: Map<string, Namespace> };
  const known = holder[registry] ?? new Map<string, Namespace>();
  holder[registry] = known;
  return known;
}

export function registerSelfModule(url: string, namespace: Namespace): void {
  registered().set(url, namespace);
}

/** The text of a module that hands on the exports of one that was loaded in another way, by a bundler or a test runner. */
export function selfModuleSource(url: string, names: readonly string[]): string {
  const lines = names.map((name, index) => {
    return `const e${index} = m[${JSON.stringify(name)}]; export { e${index} as ${JSON.stringify(name)} };`;
  });
  return [
    `const m = globalThis[Symbol.for("tsdock.self-modules")].get(${JSON.stringify(url)});`,
    ...lines,
  ].join("\n");
}
