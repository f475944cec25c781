import { invalid, type Source, unsupported } from "../hcl/source.ts";
import type { HclValue } from "../hcl/syntax.ts";
import {
  type AttributeName,
  attributeKinds,
  emptyValues,
  type Given,
  mergeValues,
  type ResolvedBuilds,
  type ResolvedGroup,
  type ResolvedTarget,
  type TargetValues,
} from "../resolve/model.ts";
import { isAttribute, targetValues } from "../resolve/target-values.ts";
import { type ComposeInput, loadServices } from "./load-services.ts";
import {
  buildNode,
  isNothing,
  listItems,
  type MapNode,
  mapNode,
  type Node,
  pairs,
  scalarText,
} from "./node.ts";

/** Services that are built, as targets; a group for each profile. Errors `IMPORT_INVALID`, `IMPORT_UNSUPPORTED`. */
export function resolveCompose(sources: readonly Source[], input: ComposeInput): ResolvedBuilds {
  const { services, secrets, unset } = loadServices(sources, input);
  const built = [...services].filter(([, service]) => !isNothing(service.entries.get("build")));
  const targets = built.map(([name, service]): ResolvedTarget => {
    const build = buildNode(service.entries.get("build") ?? service);
    return { name, spot: build.spot, comments: [], values: valuesOf(service, build, secrets, services) };
  });
  return { targets, groups: profileGroups(built), templates: [], variables: new Map(), unset };
}

function profileGroups(services: readonly (readonly [string, MapNode])[]): readonly ResolvedGroup[] {
  const groups = new Map<string, ResolvedGroup>();
  for (const [name, service] of services) {
    const profiles = service.entries.get("profiles");
    for (const item of profiles === undefined ? [] : listItems(profiles, "profiles")) {
      const profile = scalarText(item, "a profile");
      const before = groups.get(profile)?.targets ?? [];
      groups.set(profile, { name: profile, spot: item.spot, comments: [], targets: [...before, name] });
    }
  }
  return [...groups.values()];
}

type Entry = readonly [AttributeName, Given<HclValue>];
type Reader = (node: Node, key: string) => readonly Entry[];

const as =
  (name: AttributeName, value: (node: Node, key: string) => HclValue): Reader =>
  (node, key) => [[name, { value: value(node, key), spot: node.spot }]];
const asText: (node: Node, key: string) => HclValue = (node, key) => scalarText(node, key);
const asFlag: (node: Node, key: string) => HclValue = (node) => (node.kind === "scalar" ? node.value : null);
const asTexts = (node: Node, key: string): HclValue =>
  listItems(node, key).map((item) => scalarText(item, `an element of ${key}`));
const asPairs = (node: Node, key: string): HclValue =>
  new Map([...pairs(node, key)].map(([name, { value }]) => [name, value] as const));

const asLabels = (node: Node, key: string): HclValue =>
  new Map([...pairs(node, key)].map(([name, { value }]) => [name, value ?? ""] as const));

/** `a:1.2.3.4` and `a=1.2.3.4` mean the same; IPv6 may stand in brackets. */
function asHosts(node: Node, key: string): HclValue {
  if (node.kind === "map") return asPairs(node, key);
  return new Map(
    listItems(node, key).map((item) => {
      const text = scalarText(item, key);
      const [, host, address] = /^([^=:]+)[=:](.+)$/.exec(text) ?? [];
      if (host === undefined || address === undefined)
        throw invalid(`${JSON.stringify(text)} is no HOST:IP`, item.spot);
      return [host, address] as const;
    }),
  );
}

function asLimits(node: Node, key: string): HclValue {
  return [...mapNode(node, key).entries].map(([name, limit]) => {
    if (limit.kind !== "map") return `${name}=${scalarText(limit, name)}:${scalarText(limit, name)}`;
    const part = (which: string): string => {
      const found = limit.entries.get(which);
      return found === undefined ? "" : scalarText(found, which);
    };
    return `${name}=${part("soft")}:${part("hard")}`;
  });
}

const asSsh = (node: Node, key: string): HclValue =>
  [...pairs(node, key)].map(([name, { value }]) => (value === null ? name : `${name}=${value}`));

const readers: Readonly<Record<string, Reader>> = {
  context: as("context", asText),
  dockerfile: as("dockerfile", asText),
  dockerfile_inline: as("dockerfile-inline", asText),
  target: as("target", asText),
  network: as("network", asText),
  isolation: as("isolation", asText),
  privileged: as("privileged", asFlag),
  pull: as("pull", asFlag),
  no_cache: as("no-cache", asFlag),
  args: as("args", asPairs),
  labels: as("labels", asLabels),
  additional_contexts: as("contexts", asPairs),
  extra_hosts: as("extra-hosts", asHosts),
  cache_from: as("cache-from", asTexts),
  cache_to: as("cache-to", asTexts),
  platforms: as("platforms", asTexts),
  tags: as("tags", asTexts),
  no_cache_filter: as("no-cache-filter", asTexts),
  entitlements: as("entitlements", asTexts),
  ulimits: as("ulimits", asLimits),
  shm_size: as("shm-size", asText),
  ssh: as("ssh", asSsh),
  provenance: as("attest", (node, key) => [attestation("provenance", scalarText(node, key))]),
  sbom: as("attest", (node, key) => [attestation("sbom", scalarText(node, key))]),
};

const attestation = (type: string, value: string): string =>
  value === "true"
    ? `type=${type}`
    : value === "false"
      ? `type=${type},disabled=true`
      : `type=${type},${value}`;

function valuesOf(
  service: MapNode,
  build: MapNode,
  secrets: MapNode,
  services: ReadonlyMap<string, MapNode>,
): TargetValues {
  const found: Entry[] = [];
  let extension = emptyValues;
  for (const [key, node] of build.entries) {
    if (isNothing(node)) continue;
    if (key === "x-bake") extension = bakeExtension(node);
    else if (key === "secrets") found.push(["secret", { value: secretsOf(node, secrets), spot: node.spot }]);
    else if (Object.hasOwn(readers, key)) found.push(...(readers[key]?.(node, key) ?? []));
    else if (!key.startsWith("x-"))
      throw unsupported(`build has ${key}, which is not understood`, node.spot, "leave it out");
  }
  const values = targetValues(found);
  const image = service.entries.get("image");
  const platform = service.entries.get("platform");
  const own = targetValues([
    ...(isNothing(image)
      ? []
      : [["tags", { value: [scalarText(image, "image")], spot: image.spot }] as const]),
    ...(isNothing(platform)
      ? []
      : [["platforms", { value: [scalarText(platform, "platform")], spot: platform.spot }] as const]),
  ]);
  return withServices(joined(own, values, extension), services);
}

/** The name of the image is one of the tags; a service's own platform counts where the build has none. */
function joined(own: TargetValues, build: TargetValues, extension: TargetValues): TargetValues {
  const tags = [own, build, extension].flatMap(({ lists }) => lists.get("tags") ?? []);
  const whole = mergeValues(mergeValues(own, build), extension);
  const lists = new Map(whole.lists);
  if (tags.length > 0)
    lists.set(
      "tags",
      tags.filter(({ value }, index) => tags.findIndex((one) => one.value === value) === index),
    );
  const platforms = [build, extension].flatMap((values) => values.lists.get("platforms") ?? []);
  if (platforms.length > 0) lists.set("platforms", platforms);
  return { ...whole, lists };
}

/** `x-bake`: what bake has and compose has no key for. */
function bakeExtension(node: Node): TargetValues {
  const found: Entry[] = [];
  for (const [key, item] of mapNode(node, "x-bake").entries) {
    if (!isAttribute(key)) throw invalid(`x-bake has no ${key}`, item.spot);
    found.push([key, { value: extensionValue(key, item), spot: item.spot }]);
  }
  return targetValues(found);
}

/** Lists may be one text with blanks between elements; maps may be lists of `name=value`. */
function extensionValue(key: AttributeName, node: Node): HclValue {
  const kind = attributeKinds[key];
  if (kind === "map" && node.kind === "list") return asPairs(node, key);
  const isList = kind === "replaced" || kind === "appended";
  return isList && node.kind === "scalar" && node.value !== null
    ? String(node.value)
        .split(/\s+/)
        .filter((item) => item !== "")
    : plain(node);
}

function plain(node: Node): HclValue {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  return new Map([...node.entries].map(([key, item]) => [key, plain(item)] as const));
}

/** Secrets of the file by their names: where they come from. */
function secretsOf(node: Node, secrets: MapNode): HclValue {
  return listItems(node, "secrets").map((item) => {
    const source = item.kind === "map" ? item.entries.get("source") : item;
    if (source === undefined) throw invalid("a secret has a source", item.spot);
    const name = scalarText(source, "a secret");
    const target = item.kind === "map" ? item.entries.get("target") : undefined;
    const declared = secrets.entries.get(name);
    if (declared === undefined)
      throw invalid(`there is no secret ${name}`, source.spot, "declare it under secrets:");
    const { entries } = mapNode(declared, name);
    const id = target === undefined ? name : scalarText(target, "target");
    const [file, environment] = [entries.get("file"), entries.get("environment")];
    if (environment !== undefined) return `id=${id},env=${scalarText(environment, "environment")}`;
    if (file !== undefined) return `id=${id},src=${scalarText(file, "file")}`;
    throw unsupported(
      `the secret ${name} comes from neither a file nor a variable`,
      declared.spot,
      "give it when building: --secret",
    );
  });
}

/** `service:NAME` as a context is the image of another service. */
function withServices(values: TargetValues, services: ReadonlyMap<string, MapNode>): TargetValues {
  const contexts = values.maps.get("contexts");
  if (contexts === undefined) return values;
  const named = new Map(
    [...contexts].map(([name, { value, spot }]) => {
      const service = /^service:(.+)$/.exec(value)?.[1];
      if (service === undefined) return [name, { value, spot }];
      if (isNothing(services.get(service)?.entries.get("build")))
        throw invalid(`there is no service ${service} that is built`, spot);
      return [name, { value: `target:${service}`, spot }];
    }),
  );
  return { ...values, maps: new Map([...values.maps, ["contexts", named]]) };
}
