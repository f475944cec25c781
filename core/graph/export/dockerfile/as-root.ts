import type { Site } from "../../../declare/site.ts";
import type { ContainerConfig } from "../../../oci/spec/image-config.ts";
import { word } from "./words.ts";

/** An instruction that root carries out, whoever is the user before and after it. */
export function asRoot(text: string, { User: user = "" }: ContainerConfig, site: Site | undefined): string {
  if (/^(?:|root|0)(?::(?:root|0))?$/.test(user)) return text;
  return `USER 0:0\n${text}\nUSER ${word(user, site)}`;
}
