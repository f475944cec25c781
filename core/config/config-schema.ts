import * as v from "valibot";
import { isKnownPlatform, parsePlatform } from "../oci/spec/platform.ts";
import type { AttestationPlugin } from "../plugin/attestation.ts";
import type { CheckPlugin } from "../plugin/check-contract.ts";
import { type NamedImage, stampNames } from "./define-config.ts";

const text = v.pipe(v.string("must be text"), v.nonEmpty("must not be empty"));
const texts = v.array(text, "must be a list");
const flag = v.boolean("must be true or false");
const nameOf = (what: string) =>
  v.pipe(text, v.regex(/^[a-z][a-z0-9-]*$/, `must be the name of a ${what}: letters, digits and -`));

const registryHost = v.pipe(
  text,
  v.regex(
    /^[A-Za-z0-9.-]+(:\d+)?$|^\[[0-9a-fA-F:]+\](:\d+)?$/,
    "must be host[:port], without a scheme or a path",
  ),
);
const registryPrefix = v.pipe(
  text,
  v.regex(
    /^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
    "must be host[:port][/path] without a scheme; the path in lower case",
  ),
);
/** What `tagsMistakes` looks at: a rule is more than data. */
const tags = v.unknown();
const isPlatform = (text: string): boolean => {
  const parsed = parsePlatform(text);
  return parsed !== undefined && isKnownPlatform(parsed);
};
const platform = v.pipe(
  text,
  v.check(
    (value) => value.includes("/") && isPlatform(value),
    "must be os/architecture[/variant], such as linux/arm64",
  ),
);

const record = <Key extends v.GenericSchema<string, string>, Value extends v.GenericSchema>(
  key: Key,
  value: Value,
) => v.record(key, value, "must be an object");

const json: v.GenericSchema = v.lazy(() =>
  v.union(
    [v.string(), v.pipe(v.number(), v.finite()), v.boolean(), v.null(), v.array(json), plainRecord],
    "must be plain JSON",
  ),
);
const plainRecord = v.record(v.string(), json);

const severity = v.picklist(["off", "info", "warning", "error"], "must be off, info, warning or error");
const checkPlugin = v.custom<CheckPlugin>((value) => {
  const { name, checks } = (value ?? {}) as { readonly name?: unknown; readonly checks?: unknown };
  return typeof name === "string" && /^[a-z][a-z0-9-]*$/.test(name) && Array.isArray(checks);
}, "must be { name, checks }: a plugin with rules");

const attestationPlugin = v.custom<AttestationPlugin>((value) => {
  const { name, attest } = (value ?? {}) as { readonly name?: unknown; readonly attest?: unknown };
  return typeof name === "string" && name !== "" && typeof attest === "function";
}, "must be { name, attest }: a plugin that attests");

/** What a configuration may say. `configKeys` has the keys, since all that are unknown are reported, not only the first. */
export const configSchema = v.object(
  {
    images: v.exactOptional(
      v.union(
        [text, v.pipe(texts, v.minLength(1, "must name at least one pattern"))],
        "must be a pattern or a list of patterns",
      ),
    ),
    registry: v.exactOptional(registryPrefix),
    repository: v.exactOptional(
      v.custom<(image: NamedImage) => string>(
        (value) => typeof value === "function",
        "must be a function from an image to its repository",
      ),
    ),
    tags: v.exactOptional(tags),
    platforms: v.exactOptional(
      v.pipe(v.array(platform, "must be a list"), v.minLength(1, "must name at least one platform")),
    ),
    groups: v.exactOptional(
      record(
        nameOf("group"),
        v.lazy((value) =>
          Array.isArray(value)
            ? texts
            : v.object({ images: texts, tags: v.exactOptional(tags) }, "must be a list"),
        ),
      ),
    ),
    defaultRegistry: v.exactOptional(registryPrefix),
    registries: v.exactOptional(
      record(
        registryHost,
        v.object(
          { http: v.exactOptional(flag), ca: v.exactOptional(text), mirror: v.exactOptional(registryPrefix) },
          "must be an object",
        ),
      ),
    ),
    params: v.exactOptional(
      record(text, v.union([v.string(), v.number(), v.boolean()], "must be text, a number, true or false")),
    ),
    plugins: v.exactOptional(record(nameOf("plugin"), json)),
    check: v.exactOptional(
      v.object(
        {
          rules: v.exactOptional(
            record(
              text,
              v.lazy((value) => (Array.isArray(value) ? v.tuple([severity, json]) : severity)),
            ),
          ),
          plugins: v.exactOptional(v.array(checkPlugin, "must be a list")),
        },
        "must be an object",
      ),
    ),
    attestations: v.exactOptional(
      v.object(
        {
          sbom: v.exactOptional(flag),
          provenance: v.exactOptional(
            v.union([flag, v.picklist(["min", "max"])], "must be true, false, min or max"),
          ),
          plugins: v.exactOptional(v.array(attestationPlugin, "must be a list")),
        },
        "must be an object",
      ),
    ),
    defaults: v.exactOptional(
      v.object(
        {
          labels: v.exactOptional(record(text, v.string("must be text"))),
          annotations: v.exactOptional(flag),
          stamp: v.exactOptional(
            v.union(
              [flag, v.array(v.picklist(stampNames))],
              `must be true, false or a list of ${stampNames.join(", ")}`,
            ),
          ),
          copy: v.exactOptional(v.object({ link: v.exactOptional(flag) }, "must be an object")),
        },
        "must be an object",
      ),
    ),
  },
  "must be an object",
);

/** Every key that an object of the configuration may have, by the path of the object (`*` for a name that is free). */
export const configKeys: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(configSchema.entries),
  "groups.*": ["images", "tags"],
  "registries.*": ["http", "ca", "mirror"],
  check: ["rules", "plugins"],
  attestations: ["sbom", "provenance", "plugins"],
  defaults: ["labels", "annotations", "stamp", "copy"],
  "defaults.copy": ["link"],
};

/** Documented keys that this version does not know yet. */
export const futureKeys: ReadonlySet<string> = new Set(["executor", "builders", "cache", "defaults.user"]);
