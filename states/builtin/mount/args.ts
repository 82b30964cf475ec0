import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { shown } from '../accounts/words.ts';

export const USER = { type: 'string', doc: 'the user to do it as' } as const;
export const CONFIG = { type: 'string', default: '/etc/fstab', doc: 'the file' } as const;

export const MOUNTED_ARGS = {
  name: { type: 'string', required: true, doc: 'the mount point' },
  device: { type: 'string', required: true, doc: 'the device, or `UUID=...`, `LABEL=...`' },
  fstype: { type: 'string', required: true, doc: 'the type of the file system' },
  mkmnt: { type: 'boolean', default: false, doc: 'make the mount point' },
  opts: { type: 'any', default: 'defaults', doc: 'options: a list, or words with commas between' },
  dump: { type: 'any', default: 0, doc: 'whether dump(8) takes it' },
  pass_num: { type: 'any', default: 0, doc: 'when fsck(8) takes it' },
  config: CONFIG,
  persist: { type: 'boolean', default: true, doc: 'also at each start, by fstab' },
  mount: { type: 'boolean', default: true, doc: 'mount it now' },
  user: USER,
  match_on: { type: 'any', default: 'auto', doc: 'what tells lines of fstab apart: `device`, `name`, ... or a list' },
  device_name_regex: { type: 'any', doc: 'regular expressions of devices that may be mounted there instead' },
  extra_mount_invisible_options: { type: 'any', doc: 'options that the kernel does not show' },
  extra_mount_invisible_keys: { type: 'any', doc: 'options whose value the kernel does not show' },
  extra_mount_ignore_fs_keys: { type: 'any', doc: 'options that do not matter, by type of file system' },
  extra_mount_translate_options: { type: 'any', doc: 'options that the kernel shows as others' },
  hidden_opts: { type: 'any', doc: 'options that are not compared' },
  bind_mount_copy_active_opts: { type: 'boolean', default: true, doc: 'a bind mount is to have the options of what it shows' },
} as const;
export type MountedArgs = ArgsOf<typeof MOUNTED_ARGS>;

/** What mount.active tells of a mount. */
export interface Active {
  readonly device: string;
  readonly opts: readonly string[];
  readonly superopts: readonly string[];
  readonly alt_device: string | null;
  readonly device_uuid: string | null;
  readonly device_label: string | null;
}
export type Mounts = Readonly<Record<string, Active>>;

/** Options as a list: words with commas between, or a list. */
export const wordsOf = (value: Returnable | undefined): string[] =>
  typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value.map((word: Returnable) => shown(word)) : [];

/** As the kernel lists a path: blanks are written as `\040`. */
export const listed = (path: string): string => path.replaceAll(' ', '\\040');

/** A mount point as it is written: without a slash at its end. */
export const bare = (path: string): string => (path === '/' ? path : path.replace(/\/+$/, ''));

/** A path without links; what is not there is taken as it is. */
export async function realPath(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch {
    return whole === '/' ? whole : join(await realPath(dirname(whole)), basename(whole));
  }
}
