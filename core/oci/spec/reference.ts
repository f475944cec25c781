import type { Place } from "../../errors/place.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { type Digest, isDigest } from "./digest.ts";

/** The name of an image in a registry, complete: what `busybox` means is filled in. */
export interface Reference {
  /** `host[:port]`; `docker.io` for Docker Hub. */
  readonly registry: string;
  /** Path of the repository below the registry: `library/busybox`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** The registry that a name without a host is looked up in. */
export const defaultRegistry = "docker.io";
const legacyRegistry = "index.docker.io";
const officialPrefix = "library/";
/** What a reference without tag and digest means. */
export const defaultTag = "latest";

// The grammar of github.com/distribution/reference, `reference.go` and `regexp.go`.
const component = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domainGrammar = new RegExp(`^(?:${component}(?:\\.${component})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const repositoryGrammar =
  /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const tagGrammar = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** Longest path of a repository, in characters. */
const repositoryLimit = 255;

export const isTag = (text: string): boolean => tagGrammar.test(text);
/** Whether the text is a registry's `host[:port]`. */
export const isRegistry = (text: string): boolean => domainGrammar.test(text);

/** Whether the text is `host[:port][/path]`. */
export function isRegistryPrefix(text: string): boolean {
  const slash = text.indexOf("/");
  if (slash < 0) return isRegistry(text);
  return isRegistry(text.slice(0, slash)) && repositoryGrammar.test(text.slice(slash + 1));
}

/** A name without a host put below another registry than Docker Hub; others, and all where there is none, stay. */
export function inRegistry(text: string, registry: string | undefined): string {
  const slash = text.indexOf("/");
  return registry === undefined || (slash > 0 && isHost(text.slice(0, slash))) ? text : `${registry}/${text}`;
}

/**
 * Reads a reference as docker does: `busybox` is `docker.io/library/busybox`, and the first part is a host only
 * if it has a dot, a colon or an upper-case letter, or is `localhost`. No tag is added.
 * Error `REFERENCE_INVALID`, with what is wrong; `place` says where it was written.
 */
export function parseReference(text: string, place?: Place): Reference {
  const fail = (why: string, hint?: string): TsdockError =>
    new TsdockError("REFERENCE_INVALID", `${JSON.stringify(text)} is not an image reference: ${why}`, {
      place,
      hint: hint ?? "write [HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST], for example ghcr.io/acme/web:1.2.3",
    });
  if (text === "") throw fail("it is empty");
  if (/^[a-f0-9]{64}$/.test(text)) throw fail("64 hexadecimal digits are an id, not a name");
  const { rest, digest } = cutDigest(text, fail);
  const { registry, path } = splitRegistry(rest);
  const { repository, tag } = cutTag(path);
  if (!domainGrammar.test(registry)) throw fail(`${JSON.stringify(registry)} is not a host`);
  checkRepository(repository, fail);
  if (tag !== undefined && !tagGrammar.test(tag)) {
    throw fail(
      `${JSON.stringify(tag)} is not a tag`,
      "a tag has 1 to 128 letters, digits, `_`, `.` and `-`, the first not `.` or `-`",
    );
  }
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

type Fail = (why: string, hint?: string) => TsdockError;

function cutDigest(text: string, fail: Fail): { rest: string; digest?: Digest } {
  const at = text.indexOf("@");
  if (at < 0) return { rest: text };
  const digest = text.slice(at + 1);
  if (isDigest(digest)) return { rest: text.slice(0, at), digest };
  const hint = "a digest is `sha256:` and 64 lower-case hexadecimal digits";
  if (/^sha(384|512):/.test(digest)) throw fail(`${digest.slice(0, 6)} digests are not supported`, hint);
  throw fail(`${JSON.stringify(digest)} is not a digest`, hint);
}

/** Of the first part of a name, before its first slash. */
const isHost = (first: string): boolean =>
  first === "localhost" || /[.:]/.test(first) || first !== first.toLowerCase();

function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf("/");
  if (slash < 0) return { registry: defaultRegistry, path: officialPrefix + name };
  const first = name.slice(0, slash);
  const registry = !isHost(first) || first === legacyRegistry ? defaultRegistry : first;
  const path = isHost(first) ? name.slice(slash + 1) : name;
  return {
    registry,
    path: registry === defaultRegistry && !path.includes("/") ? officialPrefix + path : path,
  };
}

function cutTag(path: string): { repository: string; tag?: string } {
  const colon = path.indexOf(":");
  return colon < 0 ? { repository: path } : { repository: path.slice(0, colon), tag: path.slice(colon + 1) };
}

function checkRepository(repository: string, fail: Fail): void {
  if (repository !== repository.toLowerCase()) {
    const lower = repository.toLowerCase();
    const written = lower.startsWith(officialPrefix) ? lower.slice(officialPrefix.length) : lower;
    throw fail(
      "the repository's name has upper-case letters",
      repositoryGrammar.test(lower) ? `write ${written}` : undefined,
    );
  }
  if (repository.length > repositoryLimit) {
    throw fail(`the repository's name is longer than ${repositoryLimit} characters`);
  }
  if (!repositoryGrammar.test(repository)) {
    throw fail(
      `${JSON.stringify(repository)} is not a repository's name`,
      "its parts have lower-case letters and digits, with `.`, `_`, `__` or `-` between them",
    );
  }
}

/** `host/repository`: a repository's name in the whole world. */
export const repositoryName = (reference: Reference): string =>
  `${reference.registry}/${reference.repository}`;

const suffix = (reference: Reference): string =>
  (reference.tag === undefined ? "" : `:${reference.tag}`) +
  (reference.digest === undefined ? "" : `@${reference.digest}`);

/** The complete text: `docker.io/library/busybox:1@sha256:…`. Reading it again gives the same reference. */
export const formatReference = (reference: Reference): string =>
  repositoryName(reference) + suffix(reference);

/** The shortest text that means the same, as people write it: `busybox:1`. */
export function familiarReference(reference: Reference): string {
  const { registry, repository } = reference;
  if (registry !== defaultRegistry) return formatReference(reference);
  const short = repository.startsWith(officialPrefix) ? repository.slice(officialPrefix.length) : repository;
  // A path below `library/` would be read as a user's repository without it.
  return (short.includes("/") ? repository : short) + suffix(reference);
}

/** The same reference with the tag `latest` where it has neither tag nor digest. */
export const withDefaultTag = (reference: Reference): Reference =>
  reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: defaultTag }
    : reference;
