import { branch, channel, defineConfig, pr, semver, sha } from "tsdock";

/**
 * Tags of a release: `v1.2.3` of the whole workspace, `@acme/api@1.2.3` of one package. `latest`, `1` and `1.2` never move back.
 * On branches there are `main` and the commit.
 */
export default defineConfig({
  registry: "ghcr.io/acme",
  tags: [semver(), channel(), branch(), pr(), sha()],
  /** What each image was made from and what is in it, beside it in the registry. */
  attestations: { sbom: true, provenance: true },
});
