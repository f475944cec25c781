const prefix = "container:";

/** The container that `--network container:NAME` names; undefined for other networks. */
export const containerOfNetwork = (network: string): string | undefined =>
  network.startsWith(prefix) ? network.slice(prefix.length) : undefined;

/** The same as it is kept: by id, so that a name may change hands. */
export const networkOfContainer = (id: string): string => `${prefix}${id}`;
