/** Every code of a warning with what it means: something that is probably not meant and stops nothing. Added to, never renamed. */
export const warningCodes = {
  CONTEXT_SKIPPED: "a file of a context cannot be in a layer (a socket, a FIFO) and was left out",
  EXECUTOR: "what a killed process left behind could not be removed",
  EXECUTOR_UNISOLATED: "commands run by chroot alone, since nothing can be mounted here",
  IMAGE_WITHOUT_BASE: "an export has no from() and is no image",
  LOGIN_REFUSED: "a registry does not take the credentials that were known",
  NO_IMAGES: "no module of the workspace exports an image",
  OUTPUT_SKIPPED: "a file could not be written to a local output as it is in the image",
  PLUGIN: "what a plugin has to say",
  PORTS_DISCARDED: "ports were to be published for a container that has no network of its own",
  PUBLISH_WAITING: "another publish writes to the same layout, and this one waits until it is done",
  REFERENCE_NAMES_IMAGE: "a reference is taken from the registry, and is also an image of this workspace",
  REMOVED_ALREADY: "an image that is removed by force is not there",
  STILL_LOGGED_IN: "after a logout, credentials are still found somewhere else",
  STORE_LEFTOVER: "what a killed process left in the store cannot be removed",
  TRIGGERS_UNKNOWN: "a base cannot be reached, and its ONBUILD triggers are not known",
} as const;

export type WarningCode = keyof typeof warningCodes;
