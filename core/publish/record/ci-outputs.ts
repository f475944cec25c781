import { randomUUID } from "node:crypto";
import type { PublishResult } from "../publish-result.ts";
import { referencePrefix } from "./release-record.ts";

/** What `$GITHUB_OUTPUT` gets: `images` and `digests` as JSON, `record`; `digest` where there is one image. */
export function githubOutputs({ images }: PublishResult, record: string): string {
  const [only, ...others] = images;
  const digests = Object.fromEntries(images.map(({ name, digest }) => [name, digest]));
  const references = images.map(({ digest, ...image }) => `${referencePrefix(image)}@${digest}`);
  const outputs = {
    record,
    images: JSON.stringify(references),
    digests: JSON.stringify(digests),
    ...(only !== undefined && others.length === 0 ? { digest: only.digest } : {}),
  };
  // A delimiter that nobody can guess: what is between must not end it early.
  const end = `tsdock-${randomUUID()}`;
  return Object.entries(outputs)
    .map(([name, value]) => `${name}<<${end}\n${value}\n${end}\n`)
    .join("");
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/[\r\n]+/g, " ");
const code = (text: string): string => `\`${cell(text)}\``;

/** The step summary of GitHub Actions, in Markdown: a row per tag. */
export function githubSummary({ images, facts, destination }: PublishResult): string {
  const rows = images.flatMap((image) =>
    image.tags.map(
      ({ tag, class: kind, action, reason }) =>
        `| ${code(image.name)} | ${code(`${referencePrefix(image)}:${tag}`)} | ${kind} | ${action} | ${cell(reason)} | ${code(image.digest)} |`,
    ),
  );
  const known = facts.map(({ name, value, source }) => `- ${name}: ${code(value)} (${cell(source)})`);
  return [
    `### Published to ${code(destination)}`,
    "",
    "| image | tag | class | action | reason | digest |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    ...known,
    "",
  ].join("\n");
}
