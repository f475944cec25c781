import type { Importer } from "tsdock/plugin";
import { parseDockerfile } from "./syntax/parse-dockerfile.ts";
import { translateDockerfile } from "./translate/translate-dockerfile.ts";

/** Dockerfiles as BuildKit's frontend reads them: every instruction and flag of its reference. */
export const dockerfileImporter: Importer = {
  name: "dockerfile",
  read: (request) => translateDockerfile(parseDockerfile(request.text, request.file), request),
};
