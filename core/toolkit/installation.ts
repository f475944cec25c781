import { readFileSync } from "node:fs";

/** The version in the package.json of the installation that runs. */
export function installedVersion(): string {
  const file = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** What `import … from "tsdock"` means in a user's module: this very installation, whatever else is installed beside it. */
export const installedEntryPoints = (): Readonly<Record<string, string>> => ({
  tsdock: new URL("./index.js", import.meta.url).href,
  "tsdock/plugin": new URL("./plugin.js", import.meta.url).href,
  "tsdock/plugins/debian": new URL("./plugins/debian.js", import.meta.url).href,
  "tsdock/plugins/node": new URL("./plugins/node.js", import.meta.url).href,
  "tsdock/plugins/bake": new URL("./plugins/bake.js", import.meta.url).href,
  "tsdock/plugins/dockerfile": new URL("./plugins/dockerfile.js", import.meta.url).href,
});
