import type { ImageStep } from "../../graph/definition.ts";
import type { CheckedImage, CheckFinding, CheckRule } from "../../plugin/check-contract.ts";

/** Words that a secret's name ends with, or has between underscores. */
const secretName =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SECRET_?KEY|CREDENTIALS?)(?:_|$)/i;
/** Where a secret is, how long it lives or which it is: no secret. */
const harmlessName =
  /_(?:FILE|PATH|DIR|URL|URI|NAME|ID|TTL|EXPIRY|EXPIRES|LENGTH|ENABLED|REQUIRED|TYPE|HEADER)$/i;
/** A place, a switch, or what stands for a value that comes later. */
const harmlessValue = /^(?:|\/.*|true|false|yes|no|on|off|none|null|\d{1,5}|\$\{?\w+\}?|<.*>|\*+)$/i;

/** Forms of tokens that are known, with whose they are. */
const tokens: readonly (readonly [string, RegExp])[] = [
  ["an access key of AWS", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ["a token of GitHub", /\b(?:gh[opusr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/],
  ["a token of GitLab", /\bglpat-[A-Za-z0-9_-]{20,}/],
  ["a token of npm", /\bnpm_[A-Za-z0-9]{36}\b/],
  ["a token of Slack", /\bxox[abposr]-[A-Za-z0-9-]{10,}/],
  ["a key of Stripe", /\b[rs]k_live_[A-Za-z0-9]{20,}/],
  ["a key of Google", /\bAIza[A-Za-z0-9_-]{35}\b/],
  ["a key of Anthropic", /\bsk-ant-[A-Za-z0-9_-]{20,}/],
  ["a JSON web token", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/],
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["an address with a password", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/i],
];

export const secretInEnv: CheckRule = {
  id: "secret-in-env",
  severity: "error",
  summary:
    "a variable or label holds a password, a key or a token, which everybody who has the image can read",
  *check({ images, vertices }) {
    for (const image of images) {
      const seen = new Set<string>();
      for (const step of image.declared.steps) yield* inStep(step, image, seen);
      for (const line of image.built?.config.Env ?? []) {
        const name = line.slice(0, line.indexOf("="));
        if (!seen.has(name))
          yield* inValue("the variable", name, line.slice(name.length + 1), image, image.place);
      }
    }
    for (const { op, site, images: users } of vertices.values()) {
      if (op.type !== "exec") continue;
      const user = images.find(({ name }) => users.includes(name));
      for (const [name, value] of Object.entries(op.env))
        if (user !== undefined) yield* inValue("the variable", name, value, user, site?.place());
    }
  },
};

function* inStep(step: ImageStep, image: CheckedImage, seen: Set<string>): Generator<CheckFinding> {
  const instruction = step.type === "layers" ? undefined : step.instruction;
  if (instruction?.type !== "env" && instruction?.type !== "label") return;
  const isEnv = instruction.type === "env";
  const values = isEnv ? instruction.values : instruction.labels;
  for (const [name, value] of Object.entries(values)) {
    if (isEnv) seen.add(name);
    yield* inValue(isEnv ? "the variable" : "the label", name, value, image, step.site?.place());
  }
}

function* inValue(
  what: string,
  name: string,
  value: string,
  image: CheckedImage,
  place: CheckFinding["place"],
): Generator<CheckFinding> {
  const token = tokens.find(([, form]) => form.test(value))?.[0];
  const byName = secretName.test(name) && !harmlessName.test(name) && !harmlessValue.test(value);
  if (token === undefined && !byName) return;
  yield {
    message: `${what} ${name} holds ${token ?? "what its name says is a secret"}, and everybody who has the image can read it`,
    hint: 'give it when a container starts, or to a single step: mount.secret("token", { env: "TOKEN" })',
    place,
    image: image.name,
    secret: value,
  };
}
