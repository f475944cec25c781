/** `tsdock/plugins/dockerfile`: reads Dockerfiles as declarations. */
export { dockerfileImporter } from "./importer.ts";
