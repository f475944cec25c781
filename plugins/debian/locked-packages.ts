import type { SoftwarePackage } from "tsdock/plugin";
import type { DebianLock } from "./lock.ts";

/** Packages of a lock entry as bills of materials name them. */
export const lockedPackages = ({ suite, arch, packages }: DebianLock): readonly SoftwarePackage[] =>
  packages.map(({ name, version, file, sha256 }) => {
    // `curl_8.5.0-2_amd64.deb`: some are for all architectures.
    const own = /_([a-z0-9-]+)\.deb$/.exec(file)?.[1] ?? arch;
    const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${own}&distro=${suite}`;
    return { name, version, purl, checksums: { sha256 } };
  });
