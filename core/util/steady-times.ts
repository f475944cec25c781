import { statfsSync } from "node:fs";

/**
 * File systems (`f_type` of statfs(2)) whose directories change their times whenever a name in them comes, goes or stands for something
 * else, whoever does it. Of those that other machines share or that a program provides this is not known.
 */
const steady: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x794c7630, // overlayfs
  0x01021994, // tmpfs
  0x2fc12fc1, // zfs
  0xf2f52010, // f2fs
  0xca451a4e, // bcachefs
]);

/** Whether the times of a directory tell if what it holds changed. Errors are those of `statfsSync`. */
export const hasSteadyTimes = (directory: string): boolean => steady.has(statfsSync(directory).type);
