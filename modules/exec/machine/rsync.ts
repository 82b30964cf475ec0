import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArgsOf, CallRefused, CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { execute } from './commands.ts';

const OPTIONS = ['delete', 'force', 'update', 'passwordfile', 'exclude', 'excludefrom', 'dryrun', 'rsh'] as const;
const flag = (doc: string) => ({ type: 'any', default: false, doc }) as const;
const ARGS = {
  src: { type: 'string', required: true, doc: 'what is copied: a path, host:path or salt:// URL' },
  dst: { type: 'string', required: true, doc: 'where to' },
  delete: flag('remove what is not in the source'),
  force: flag('remove directories that are in the way, also with something in them'),
  update: flag('leave files that are newer at the destination'),
  passwordfile: { type: 'string', doc: 'a file with the password of the daemon' },
  exclude: { type: 'any', doc: 'patterns that are left out: a text, or a list' },
  excludefrom: { type: 'string', doc: 'a file of such patterns' },
  dryrun: flag('only tell what would be done'),
  rsh: { type: 'string', doc: 'the remote shell' },
  additional_opts: { type: 'any', doc: 'a list of further options' },
  saltenv: { type: 'string', default: 'base', doc: 'the environment of salt:// files' },
} as const;
type Args = ArgsOf<typeof ARGS>;

/** What was given, else the option of the minion. */
const orOption = async (ctx: Ctx, name: string, given: Returnable | undefined): Promise<Returnable> =>
  given || ((await ctx.call('config.option', [`rsync.${name}`])) as Returnable);

async function optionWords(ctx: Ctx, args: Args): Promise<string[]> {
  const values = await Promise.all(OPTIONS.map(async (name) => [name, await orOption(ctx, name, args[name])] as const));
  const set = new Map(values.filter(([, value]) => value));
  const word = (name: (typeof OPTIONS)[number], option: string): string[] => (set.has(name) ? [option] : []);
  const pair = (name: (typeof OPTIONS)[number], option: string): string[] => (set.has(name) ? [option, String(set.get(name))] : []);
  const excluded = set.has('excludefrom') ? [] : [set.get('exclude') ?? []].flat().map(String);
  return [
    '-avz',
    ...word('delete', '--delete'),
    ...word('force', '--force'),
    ...word('update', '--update'),
    ...(set.has('rsh') ? [`--rsh=${String(set.get('rsh'))}`] : []),
    ...pair('passwordfile', '--password-file'),
    ...pair('excludefrom', '--exclude-from'),
    ...excluded.flatMap((pattern) => ['--exclude', pattern]),
    ...word('dryrun', '--dry-run'),
    ...(Array.isArray(args.additional_opts) ? args.additional_opts.map(String) : []),
  ];
}

async function copy(ctx: Ctx, args: Args): Promise<Returnable> {
  const src = String(await orOption(ctx, 'src', args.src));
  const dst = String(await orOption(ctx, 'dst', args.dst));
  const words = await optionWords(ctx, args);
  if (src === '' || dst === '') throw new CallRefused('src and dst cannot be empty');
  if (!src.startsWith('salt://')) return { ...(await execute(ctx, ['rsync', ...words, src, dst])) };
  const folder = await mkdtemp(join(tmpdir(), 'rsync-'));
  try {
    return { ...(await execute(ctx, ['rsync', ...words, await fetched(ctx, src, folder, args.saltenv), dst])) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fetches a file or directory of the master, and returns where it lies. */
async function fetched(ctx: Ctx, url: string, folder: string, saltenv: string): Promise<string> {
  const path = url.replace('salt://', '');
  const dirs = (await ctx.call('cp.list_master_dirs', [saltenv])) as readonly string[];
  const isDirectory = dirs.includes(path);
  const got = isDirectory
    ? await ctx.call('cp.get_dir', [url, folder, saltenv])
    : await ctx.call('cp.get_file', [url, join(folder, 'file'), saltenv]);
  if (Array.isArray(got) ? got.length === 0 : !got) throw new CommandFailed(`${url} does not exist`);
  return isDirectory ? `${folder}/` : join(folder, 'file');
}

async function configuration(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new CommandFailed(`${path} does not exist`);
    if (code === 'EACCES') throw new CommandFailed(`Unable to read ${path}, access denied`);
    if (code === 'EISDIR') throw new CommandFailed(`Unable to read ${path}, path is a directory`);
    throw new CommandFailed(`Unable to read ${path}: ${message}`);
  }
}

/** Copies by rsync. */
export default execModule({
  name: 'rsync',
  doc: 'Copies by rsync.',
  serves: (host) =>
    host.which('rsync') !== undefined || 'The rsync execution module cannot be loaded: the rsync binary is not in the path.',
  calls: {
    rsync: call({
      doc: 'Copy files and directories, and tell how rsync ended. What is not given comes from `rsync.*` of the configuration.',
      examples: ["tsalt '*' rsync.rsync /srv/www web2:/srv/www delete=True update=True exclude='[.git]'"],
      args: ARGS,
      changes: true,
      run: (ctx, args) => copy(ctx, args),
    }),
    version: call({
      doc: 'The version of rsync.',
      examples: ["tsalt '*' rsync.version"],
      args: {},
      changes: false,
      async run(ctx) {
        const text = String(await ctx.call('cmd.run_stdout', [['rsync', '--version']], { python_shell: false }));
        const version = text.split('\n')[0]?.split(/\s+/)[2];
        if (version === undefined) throw new CommandFailed('Unable to determine rsync version');
        return version;
      },
    }),
    config: call({
      doc: 'The configuration of the daemon.',
      examples: ["tsalt '*' rsync.config", "tsalt '*' rsync.config /etc/rsyncd.conf"],
      args: { conf_path: { type: 'string', default: '/etc/rsyncd.conf', doc: 'the file' } },
      changes: false,
      run: (_ctx, { conf_path }) => configuration(conf_path),
    }),
  },
});
