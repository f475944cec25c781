/**
 * Every error code of tsdock with what it means. The exit code is 2 where the failure is found before any work
 * begins (usage, configuration, declarations) and 1 where a build, a publish or a run failed.
 * Codes are part of the public contract: they are added, never renamed. `docs/errors.md` is generated from this table.
 */
const codes = {
  // command line
  USAGE: [2, "the command line is not understood"],
  INTERRUPTED: [130, "interrupted by a signal"],
  UNSUPPORTED: [2, "this cannot be done on this machine or in this version"],
  // configuration and loading
  CONFIG_INVALID: [2, "the configuration does not have the documented shape"],
  CONFIG_NOT_FOUND: [2, "the configuration file that was named does not exist"],
  CONFIG_UNSUPPORTED: [2, "the configuration asks for something that this version does not do yet"],
  MODULE_SYNTAX: [2, "a module is not valid TypeScript or JavaScript"],
  MODULE_NOT_FOUND: [2, "a module imports something that cannot be found"],
  MODULE_EXPORT_MISSING: [2, "a module imports a name that the other module does not export"],
  MODULE_UNREADABLE: [2, "a module cannot be read"],
  MODULE_THREW: [2, "a module threw an error while it was loaded"],
  MODULE_CYCLE: [2, "modules import one another in a circle and one needs what is not there yet"],
  MODULE_EXITED: [2, "a module tried to end the process while it was loaded"],
  MODULE_TIMEOUT: [2, "a module did not finish loading in time"],
  EXPORT_NOT_IMAGE: [2, "an export is clearly meant to be an image and is not one"],
  PARAM_UNUSED: [2, "a param is declared and never read"],
  TYPE_ERROR: [2, "a module does not type-check"],
  // declarations
  DECLARATION_INVALID: [2, "a value in a declaration is not what the instruction takes"],
  DECLARATION_THREW: [2, "a helper given to with() failed"],
  DECLARATION_FOREIGN: [2, "a value was made by another copy of the package"],
  IMAGE_WITHOUT_BASE: [2, "an image has no from()"],
  NAME_INVALID: [2, "a name does not follow the grammar of image names"],
  NAME_DUPLICATE: [2, "two images have one name"],
  PARAM_INVALID: [2, "a param is given a value of another type"],
  PARAM_DUPLICATE: [2, "a param is declared twice with different defaults"],
  PARAM_UNKNOWN: [2, "a param is set that no module declares"],
  PATH_INVALID: [2, "a path is empty, is absolute where it must not be, or is relative where it must not be"],
  PATH_OUTSIDE_CONTEXT: [2, "a path leads out of the context"],
  PORT_INVALID: [2, "a port is not a number from 1 to 65535 with an optional protocol"],
  DURATION_INVALID: [2, "a duration is not one that Go reads"],
  SIGNAL_INVALID: [2, "a signal is not known"],
  MODE_INVALID: [2, "permission bits are not octal digits"],
  USER_INVALID: [2, "a user is not user[:group]"],
  ENV_INVALID: [2, "an environment variable has no valid name or value"],
  LABEL_INVALID: [2, "a label or annotation has no valid key or value"],
  COMMAND_EMPTY: [2, "a command is empty"],
  MOUNT_INVALID: [2, "a mount has no valid target or options"],
  MOUNT_DUPLICATE: [2, "two mounts of a step have one target"],
  CHECKSUM_INVALID: [2, "a checksum is not sha256: and 64 hexadecimal digits"],
  URL_INVALID: [2, "a URL is not one that can be fetched"],
  PLATFORM_INVALID: [2, "a platform is not os/architecture[/variant]"],
  TRIGGER_INVALID: [2, "an ONBUILD trigger cannot be read"],
  // graph
  GRAPH_CYCLE: [2, "images need one another in a circle"],
  NAME_UNKNOWN: [2, "a name on the command line is no image or group of the workspace"],
  PLATFORM_UNAVAILABLE: [2, "an image is needed for a platform that it does not declare"],
  PLATFORM_CONFLICT: [2, "an image declares a platform that its base does not have"],
  ANNOTATION_CONFLICT: [2, "an annotation differs between the platforms of an image"],
  LAYERS_TOO_MANY: [2, "an image has more layers than container engines take"],
  FILES_MISSING: [2, "files are taken from an image that has none"],
  ENV_EXTENSION_FAILED: [1, "a function given to env() failed or gave something other than variables"],
  // layers
  LAYER_INVALID: [1, "a layer is not a valid archive, or what should become one is contradictory"],
  LAYER_UNSAFE: [1, "a layer tries to write outside its root"],
  LAYER_MISMATCH: [1, "a layer's digest or size is not the one expected"],
  LAYER_TOO_LARGE: [1, "a layer is larger than allowed"],
  LAYER_UNREPRESENTABLE: [1, "files cannot be kept as they are in a layer or on this file system"],
  FILE_CHANGED: [1, "a file changed while it was read"],
  FILE_UNREADABLE: [1, "a file cannot be read"],
  TREE_LINK_LOOP: [1, "symbolic links in an image lead in a circle"],
  // store
  STORE_INVALID: [1, "the store has a form that this version does not know"],
  STORE_UNWRITABLE: [1, "the store cannot be written"],
  DISK_FULL: [1, "no space is left where the store is"],
  BLOB_MISSING: [1, "content is not in the store"],
  BLOB_CORRUPT: [1, "content in the store is not what its digest says"],
  BLOB_MISMATCH: [1, "content is not what was expected: its digest or its size differs"],
  // registry
  REFERENCE_INVALID: [2, "the text is not an image reference"],
  REGISTRY_UNREACHABLE: [1, "a registry cannot be reached, or stopped answering"],
  REGISTRY_UNKNOWN_CA: [1, "a registry's certificate is not trusted or not for its name"],
  REGISTRY_UNAUTHORIZED: [1, "a registry does not know who is asking: credentials are missing or wrong"],
  REGISTRY_DENIED: [1, "a registry refuses this to the credentials that were used"],
  REGISTRY_NOT_FOUND: [1, "a registry does not have what was asked for"],
  REGISTRY_RATE_LIMITED: [1, "a registry answers no more requests for now"],
  REGISTRY_FAILED: [1, "a registry refused a request or failed at it"],
  REGISTRY_PROTOCOL: [1, "a registry's answer is not what was asked for: wrong digest, size or media type"],
  REGISTRY_UNSUPPORTED: [1, "a registry offers this only in a form that is not supported"],
  CREDENTIALS_INVALID: [1, "credentials cannot be read: a damaged file, or a helper that failed"],
  // executor
  // build
  // plugins
  // images and archives
  IMAGE_INVALID: [1, "a manifest, an index or a configuration is not what the OCI specification says"],
  IMAGE_NOT_FOUND: [1, "no image of this name is there"],
  PLATFORM_MISSING: [1, "an image does not exist for the platform"],
  LAYOUT_INVALID: [1, "a directory or archive is not an OCI image layout"],
  ARCHIVE_INVALID: [1, "an archive of images cannot be read"],
  USER_UNKNOWN: [1, "a user or group is not known in the image"],
  // publish
  TAG_INVALID: [2, "the text is not a tag"],
  PUBLISH_COLLISION: [2, "two images would be published under one name"],
  PUBLISH_IMMUTABLE: [1, "an immutable tag is there already and means another image"],
  PUBLISH_FOREIGN_CHANGE: [1, "somebody else moved a tag while it was published"],
  PUBLISH_BLOB_MISSING: [1, "a layer to publish is neither in the store nor in a registry that is known to have it"],
} as const satisfies Record<string, readonly [exitCode: number, meaning: string]>;

export type ErrorCode = keyof typeof codes;

export const exitCodeOf = (code: ErrorCode): number => codes[code][0];
export const errorCodes: Readonly<Record<ErrorCode, readonly [exitCode: number, meaning: string]>> = codes;
