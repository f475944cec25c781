import type { AttestationsConfig } from "../../config/define-config.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { AttestationPlugin } from "../../plugin/attestation.ts";
import type { ProvenanceMode } from "../../publish/attest/provenance.ts";

/** What the command line says; the configuration unless it does. */
export interface AttestationFlags {
  /** `--sbom`: `true`, `false`. */
  readonly sbom: string | undefined;
  /** `--provenance`: `true`, `false`, `mode=min`, `mode=max`. */
  readonly provenance: string | undefined;
}

/** What makes documents about images; none where nobody asks for any. Error `USAGE`. */
export async function chosenAttestations(
  flags: AttestationFlags,
  config: AttestationsConfig,
): Promise<readonly AttestationPlugin[]> {
  const wanted = { sbom: sbomOf(flags.sbom) ?? config.sbom ?? false, mode: modeOf(flags.provenance, config) };
  const chosen: AttestationPlugin[] = [];
  if (wanted.sbom) chosen.push((await import("../../publish/attest/sbom.ts")).sbom);
  if (wanted.mode !== undefined) {
    const { provenance } = await import("../../publish/attest/provenance.ts");
    chosen.push(provenance(wanted.mode));
  }
  return [...chosen, ...(config.plugins ?? [])];
}

const flagOf = (text: string): boolean | undefined =>
  ["true", "1"].includes(text) ? true : ["false", "0"].includes(text) ? false : undefined;

function sbomOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  const flag = flagOf(text);
  if (flag !== undefined) return flag;
  throw new TsdockError("USAGE", `--sbom takes true or false, and ${text} is neither`, {
    hint: "tsdock writes the bill of materials itself; another generator is a plugin: `attestations: { plugins: […] }`",
  });
}

function modeOf(
  text: string | undefined,
  { provenance = false }: AttestationsConfig,
): ProvenanceMode | undefined {
  if (text === "mode=min") return "min";
  if (text === "mode=max") return "max";
  const wanted = text === undefined ? provenance : flagOf(text);
  if (wanted === undefined)
    throw new TsdockError(
      "USAGE",
      `--provenance takes true, false, mode=min or mode=max, and not ${text ?? ""}`,
    );
  return wanted === true ? "max" : wanted === false ? undefined : wanted;
}
