import { readFile } from 'node:fs/promises';
import { CommandFailed, type Ctx, call, type Returnable } from '../../../define.ts';
import { wordOf } from '../commands.ts';
import { isFile, linesOf, replaceFile } from '../files.ts';

const KEYS = ['device', 'name', 'fstype', 'opts', 'dump', 'pass_num'] as const;
type Key = (typeof KEYS)[number];
type Line = Record<Key, string>;

/** File systems of which many have the same device: only their mount point tells one from another. */
const DEVICELESS = new Set('none tmpfs sysfs proc fusectl debugfs securityfs devtmpfs cgroup nfs nfs4 glusterfs btrfs ceph'.split(' '));

/** A line of fstab(5) in its parts; undefined for a comment or what is none. */
function parseLine(line: string): Line | undefined {
  const words = line.split(/\s+/).filter((word) => word !== '');
  if (line.startsWith('#') || words.length < 4 || words.length > 6) return undefined;
  return Object.fromEntries(KEYS.map((key, index) => [key, words[index] ?? '0'])) as Line;
}

const renderLine = (line: Line): string => `${line.device}\t\t${line.name}\t${line.fstype}\t${line.opts}\t${line.dump} ${line.pass_num}\n`;

/** The order of options does not matter. */
const agrees = (line: Line, wanted: Partial<Line>): boolean =>
  Object.entries(wanted).every(([key, value]) => comparable(key, line[key as Key]) === comparable(key, value));
const comparable = (key: string, value: string): string => (key === 'opts' ? value.split(',').sort().join(',') : value);

async function readLines(config: string): Promise<string[]> {
  try {
    return linesOf(await readFile(config, 'utf8'));
  } catch (failure) {
    const { code, message } = failure as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `[Errno 2] No such file or directory: '${config}'` : message;
    throw new CommandFailed(`Couldn't read from ${config}: ${why}`);
  }
}

async function write(config: string, lines: readonly string[]): Promise<void> {
  try {
    await replaceFile(config, lines.join(''));
  } catch {
    throw new CommandFailed(`File not writable ${config}`);
  }
}

function keysToMatch(matchOn: Returnable, fstype: string): Key[] {
  if (matchOn === 'auto') return [DEVICELESS.has(fstype) ? 'name' : 'device'];
  if (typeof matchOn !== 'string' && !Array.isArray(matchOn)) throw new CommandFailed('match_on must be a string or list of strings');
  const keys = (typeof matchOn === 'string' ? [matchOn] : matchOn).map(wordOf);
  const unknown = keys.filter((key) => !KEYS.includes(key as Key));
  if (unknown.length > 0) throw new CommandFailed(`Unrecognized keys in match_on: "${unknown.join(', ')}"`);
  return keys as Key[];
}

const name = { type: 'string', required: true, doc: 'the mount point' } as const;
const device = { type: 'string', required: true, doc: 'the device' } as const;
const config = (path: string) => ({ type: 'string', default: path, doc: 'the file' }) as const;

async function tableOf(path: string): Promise<Returnable> {
  if (!(await isFile(path))) return {};
  const found: Record<string, Returnable> = {};
  for (const text of await readLines(path)) {
    const line = parseLine(text);
    if (line === undefined) continue;
    const { device, fstype, opts, dump, pass_num } = line;
    let { name } = line;
    while (Object.hasOwn(found, name)) name += '_';
    found[name] = { device, fstype, opts: opts.split(','), dump, pass: pass_num };
  }
  return found;
}

async function remove(path: string, meant: Partial<Line>): Promise<boolean> {
  const lines = await readLines(path);
  const kept = lines.filter((text) => {
    const line = parseLine(text);
    return line === undefined || !agrees(line, meant);
  });
  if (kept.length < lines.length) await write(path, kept);
  return true;
}

/** Puts the line in place of those that match: `new`, `change` or `present`. */
async function put(path: string, wanted: Line, keys: readonly Key[], keeps: boolean, testing: boolean): Promise<string> {
  if (!(await isFile(path))) throw new CommandFailed(`Bad config file "${path}"`);
  const criteria = Object.fromEntries(keys.map((key) => [key, wanted[key]]));
  let outcome = 'new';
  const lines = (await readLines(path)).map((text) => {
    const line = parseLine(text);
    if (line === undefined || !agrees(line, criteria)) return text;
    const isRight = keeps || agrees(line, wanted);
    if (!isRight) outcome = 'change';
    else if (outcome === 'new') outcome = 'present';
    return isRight ? text : renderLine(wanted);
  });
  if (outcome === 'new') lines.push(`${lines.at(-1)?.endsWith('\n') === false ? '\n' : ''}${renderLine(wanted)}`);
  if (outcome !== 'present' && !testing) await write(path, lines);
  return outcome;
}

const escaped = (text: string): string => text.replaceAll('\\ ', '\\040');
const isTest = (ctx: Ctx, test: Returnable | undefined): boolean => test === true || ctx.testing;

export const tables = {
  fstab: call({
    doc: 'What fstab lists, by mount point. A further line of a mount point has `_` behind it.',
    examples: ["tsalt '*' mount.fstab"],
    args: { config: config('/etc/fstab') },
    changes: false,
    run: (_ctx, args) => tableOf(args.config),
  }),
  rm_fstab: call({
    doc: 'Remove the line of a mount point and device.',
    examples: ["tsalt '*' mount.rm_fstab /mnt/foo /dev/sdg"],
    args: { name, device: { type: 'any', required: true, doc: 'the device; None for any' }, config: config('/etc/fstab') },
    changes: true,
    run: (_ctx, args) => remove(args.config, { name: args.name, ...(args.device === null ? {} : { device: wordOf(args.device) }) }),
  }),
  set_fstab: call({
    doc: 'Put a line into fstab, in place of that of the same device or mount point: `new`, `change` or `present`.',
    examples: ["tsalt '*' mount.set_fstab /mnt/foo /dev/sdz1 ext4"],
    args: {
      name,
      device,
      fstype: { type: 'string', required: true, doc: 'the type of the file system' },
      opts: { type: 'any', default: 'defaults', doc: 'options: a list, or words with commas between' },
      dump: { type: 'any', default: 0, doc: 'whether dump(8) takes it' },
      pass_num: { type: 'any', default: 0, doc: 'when fsck(8) takes it' },
      config: config('/etc/fstab'),
      test: { type: 'boolean', default: false, doc: 'tell what would come of it, write nothing' },
      match_on: { type: 'any', default: 'auto', doc: 'what tells lines apart: `device`, `name`, ... or a list' },
      not_change: { type: 'boolean', default: false, doc: 'leave a line that is there as it is' },
    },
    extra: 'not used',
    changes: true,
    run(ctx, args) {
      const wanted: Line = {
        name: args.name,
        device: escaped(args.device),
        fstype: args.fstype,
        opts: escaped(Array.isArray(args.opts) ? args.opts.map(wordOf).join(',') : wordOf(args.opts)),
        dump: wordOf(args.dump),
        pass_num: wordOf(args.pass_num),
      };
      return put(args.config, wanted, keysToMatch(args.match_on, args.fstype), args.not_change, isTest(ctx, args.test));
    },
  }),
};
