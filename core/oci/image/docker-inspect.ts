import type { Descriptor } from "../spec/descriptor.ts";
import type { Digest } from "../spec/digest.ts";
import type { ContainerConfig, ImageConfig } from "../spec/image-config.ts";
import type { Json } from "../../util/json.ts";

/** What `docker image inspect` tells that is not in the image's configuration. */
export interface InspectFacts {
  /** The digest of the configuration. */
  readonly imageId: Digest;
  readonly config: ImageConfig;
  /** `NAME:TAG`. */
  readonly repoTags: readonly string[];
  /** `NAME@sha256:…`, for repositories that the image was pulled from or published to. */
  readonly repoDigests: readonly string[];
  /** Bytes of its layers' content. */
  readonly size: number;
  /** When its name was set, as RFC 3339; absent where it is not known. */
  readonly lastTagTime?: string;
  /** Of the manifest or index, as engines with a content store show it. */
  readonly descriptor?: Descriptor;
  /** Of the manifest; those of an image for this platform where it has several. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Members of docker's own configurations that the OCI specification does not name. */
interface DockerExtras {
  readonly container?: string;
  readonly container_config?: ContainerConfig;
  readonly docker_version?: string;
  readonly comment?: string;
  readonly "os.version"?: string;
}

const zeroTime = "0001-01-01T00:00:00Z";

/** One element of the array that `docker image inspect` prints: names, order and defaults of Docker Engine 20.10. */
export function dockerInspect(facts: InspectFacts): Json {
  const { imageId, config, repoTags, repoDigests, size } = facts;
  const extras = config as ImageConfig & DockerExtras;
  return {
    Id: imageId,
    RepoTags: repoTags,
    RepoDigests: repoDigests,
    Parent: "",
    Comment: extras.comment ?? config.history?.at(-1)?.comment ?? "",
    Created: config.created ?? zeroTime,
    Container: extras.container ?? "",
    ContainerConfig: containerConfig(extras.container_config ?? {}),
    DockerVersion: extras.docker_version ?? "",
    Author: config.author ?? "",
    Config: containerConfig(config.config ?? {}),
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    ...(extras["os.version"] === undefined ? {} : { OsVersion: extras["os.version"] }),
    Size: size,
    VirtualSize: size,
    GraphDriver: { Data: null, Name: "tsdock" },
    RootFS:
      config.rootfs.diff_ids.length === 0
        ? { Type: "layers" }
        : { Type: "layers", Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: facts.lastTagTime ?? zeroTime },
    ...(facts.descriptor === undefined ? {} : { Descriptor: descriptorJson(facts.descriptor) }),
    ...(facts.annotations === undefined ? {} : { Annotations: facts.annotations }),
  };
}

const descriptorJson = ({ mediaType, digest, size }: Descriptor): Json => ({ mediaType, digest, size });

/** Docker's `container.Config` as JSON: members of containers that images do not use have their zero values. */
function containerConfig(config: ContainerConfig): Json {
  const extras = config as ContainerConfig & Readonly<Record<string, Json | undefined>>;
  return {
    Hostname: extras.Hostname ?? "",
    Domainname: extras.Domainname ?? "",
    User: config.User ?? "",
    AttachStdin: extras.AttachStdin ?? false,
    AttachStdout: extras.AttachStdout ?? false,
    AttachStderr: extras.AttachStderr ?? false,
    ...optional("ExposedPorts", config.ExposedPorts),
    Tty: extras.Tty ?? false,
    OpenStdin: extras.OpenStdin ?? false,
    StdinOnce: extras.StdinOnce ?? false,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    ...optional("Healthcheck", config.Healthcheck && { ...config.Healthcheck }),
    ...optional("ArgsEscaped", extras.ArgsEscaped === true ? true : undefined),
    Image: extras.Image ?? "",
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? "",
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? null,
    ...optional("StopSignal", config.StopSignal),
    ...optional("Shell", config.Shell),
  };
}

const optional = (name: string, value: Json | undefined): Readonly<Record<string, Json>> =>
  value === undefined ? {} : { [name]: value };
