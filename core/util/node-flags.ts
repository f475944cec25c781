/**
 * What Node is started with where it loads modules of the user: linking them by `vm.SourceTextModule` is not offered without the first,
 * and is told as experimental at each start without the second.
 */
export const nodeFlags: readonly string[] = [
  "--experimental-vm-modules",
  "--disable-warning=ExperimentalWarning",
];
