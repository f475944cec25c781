type Namespace = Readonly<Record<string, unknown>>;

interface Importer {
  readonly load: (url: string) => Promise<Namespace>;
}

const importer: string = "data:text/javascript,export const load = (url) => import(url)";

/**
 * Node's own `import()`. Where tsdock runs inside another loader (a test runner, a bundler's dev server) that loader has
 * put its own in the place of `import()`; a `data:` module is beyond its reach.
 */
export async function nativeImport(url: string): Promise<Namespace> {
  const { load } = (await import(importer)) as Importer;
  return load(url);
}
