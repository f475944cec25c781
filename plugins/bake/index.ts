/** `tsdock/plugins/bake`: reads bake and compose files as declarations. */
export { bakeImporter, composeImporter } from "./importer.ts";
