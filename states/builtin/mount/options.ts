import type { Returnable } from '../../../modules/define.ts';
import type { StateCtx } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { type Active, type MountedArgs, wordsOf } from './args.ts';

const INVISIBLE =
  '_netdev actimeo bg comment defaults delay_connect direct-io-mode intr loop nointr nobootwait nofail password reconnect retry soft auto users bind nonempty transform_symlinks port backup-volfile-servers'.split(
    ' ',
  );
const INVISIBLE_KEYS = 'actimeo comment credentials direct-io-mode password port retry secretfile'.split(' ');
const TRANSLATED = { tcp: 'proto=tcp', udp: 'proto=udp' };
const SIZE = /^size=(\d+)(k|m|g)/;

/** Options that a mount does not have. `last` is the one that was looked at last, as the kernel would show it. */
export interface Differences {
  readonly missing: readonly string[];
  readonly last: string;
}

/** What the options that are wanted would change of a mount. */
export async function differences(ctx: StateCtx, args: MountedArgs, opts: readonly string[], active: Active): Promise<Differences> {
  const rules = rulesOf(args);
  const missing: string[] = [];
  let last = '';
  // A mount that tells its size agrees with whatever is wanted of it, as in Salt.
  const size = active.superopts.map(inKib).find((option) => option !== undefined);
  for (const written of opts) {
    last = size ?? (await asListed(ctx, written, args.fstype, rules));
    const isHidden = rules.invisible.has(last) || rules.ignored.has(last) || rules.keys.has(last);
    if (size === undefined && !isHidden && !active.opts.includes(last) && !active.superopts.includes(last)) missing.push(last);
  }
  return { missing, last };
}

interface Rules {
  readonly invisible: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
  readonly ignored: ReadonlySet<string>;
  readonly translated: Readonly<Record<string, Returnable>>;
}

const rulesOf = (args: MountedArgs): Rules => ({
  invisible: new Set([...INVISIBLE, ...wordsOf(args.extra_mount_invisible_options), ...wordsOf(args.hidden_opts)]),
  keys: new Set([...INVISIBLE_KEYS, ...wordsOf(args.extra_mount_invisible_keys)]),
  ignored: new Set(wordsOf(({ ramfs: ['size'], ...Object(args.extra_mount_ignore_fs_keys) } as Record<string, Returnable>)[args.fstype])),
  translated: { ...TRANSLATED, ...Object(args.extra_mount_translate_options) },
});

const keyOf = (option: string): string => option.split('=')[0] ?? '';

/** An option as the kernel would list it. */
async function asListed(ctx: StateCtx, written: string, fstype: string, { keys, ignored, translated }: Rules): Promise<string> {
  let option = Object.hasOwn(translated, written) ? shown(translated[written] ?? null) : written;
  if (keys.has(keyOf(option))) option = keyOf(option);
  option = inKib(option) ?? option;
  if (fstype === 'cifs' && keyOf(option) === 'user') option = `username=${option.split('=')[1] ?? ''}`;
  if (ignored.has(keyOf(option))) option = keyOf(option);
  return await numbered(ctx, option);
}

const FACTORS: Readonly<Record<string, number>> = { k: 1, m: 1024, g: 1024 * 1024 };

/** The kernel counts sizes in KiB. */
function inKib(option: string): string | undefined {
  const [, size, unit] = SIZE.exec(option) ?? [];
  return size === undefined ? undefined : `size=${Number(size) * (FACTORS[unit ?? 'k'] ?? 1)}k`;
}

/** The kernel shows users and groups by number. */
async function numbered(ctx: StateCtx, option: string): Promise<string> {
  const [key, name] = option.split('=');
  if ((key !== 'uid' && key !== 'gid') || name === undefined) return option;
  if (/^\d+$/.test(name)) return `${key}=${name}`;
  const info = (await ctx.call(key === 'uid' ? 'user.info' : 'group.info', [name])) as Readonly<Record<string, Returnable>>;
  return `${key}=${shown(info[key] ?? name)}`;
}
