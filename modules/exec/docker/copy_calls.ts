import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { Engine, part } from './engine.ts';
import { clean, type Done, execute } from './exec.ts';
import { stateOf } from './inspect.ts';

const container = { type: 'string', required: true, doc: 'name or id of a container that runs' } as const;
const source = { type: 'string', required: true, doc: 'the file' } as const;
const dest = { type: 'string', required: true, doc: 'where it goes: a file or a directory' } as const;
const overwrite = { type: 'boolean', default: false, doc: 'also over a file that is there' } as const;
const makedirs = { type: 'boolean', default: false, doc: 'make its directory' } as const;

const inside = async (ctx: Ctx, name: string, ...argv: readonly string[]): Promise<Done> => await execute(ctx, name, clean(argv));
const succeeds = async (ctx: Ctx, name: string, ...argv: readonly string[]): Promise<boolean> =>
  (await inside(ctx, name, ...argv)).retcode === 0;
const sumInside = async (ctx: Ctx, name: string, path: string): Promise<string | undefined> =>
  (await inside(ctx, name, 'sha256sum', path)).stdout.split(/\s/)[0] || undefined;

async function sumHere(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}

const kindHere = async (path: string): Promise<'file' | 'directory' | 'other' | undefined> => {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? undefined : found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
};

async function mustRun(ctx: Ctx, name: string): Promise<void> {
  if ((await stateOf(ctx, name)) !== 'running') throw new CommandFailed(`Container '${name}' is not running`);
}
const taken = (path: string): CommandFailed =>
  new CommandFailed(`Destination path ${path} already exists. Use overwrite=True to overwrite it`);

interface Copy {
  readonly name: string;
  readonly source: string;
  readonly dest: string;
  readonly overwrite: boolean;
  readonly makedirs: boolean;
}

/** Where a file of a container goes on this machine. */
async function placeHere(copy: Copy): Promise<string> {
  if (!isAbsolute(copy.dest)) throw new CallRefused('Destination path must be absolute');
  const path = (await kindHere(copy.dest)) === 'directory' ? join(copy.dest, basename(copy.source)) : copy.dest;
  if ((await kindHere(dirname(path))) !== 'directory') {
    if (!copy.makedirs) throw new CallRefused(`Directory ${dirname(path)} does not exist`);
    await mkdir(dirname(path), { recursive: true });
  }
  if (!copy.overwrite && (await kindHere(path)) !== undefined) throw taken(path);
  return path;
}

/** The engine hands files out as a tar, which is unpacked beside where the file goes. */
async function fetchFile(ctx: Ctx, name: string, source: string, path: string): Promise<void> {
  const real = (await inside(ctx, name, 'readlink', '-f', source)).stdout || source;
  const home = await mkdtemp(join(dirname(path), '.tsalt-'));
  try {
    const archive = join(home, 'archive');
    const from = await (await Engine.of(ctx)).stream('GET', `/containers/${part(name)}/archive`, { query: { path: real }, timeout: 0 });
    await pipeline(from, createWriteStream(archive));
    const { code, stderr } = await ctx.spawn(['tar', '-C', home, '-xf', archive, '--no-same-owner', basename(real)]);
    if (code !== 0) throw new CommandFailed(`What Docker sent of ${source} cannot be unpacked: ${stderr.toString('utf8').trim()}`);
    await rename(join(home, basename(real)), path);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function copyFrom(ctx: Ctx, copy: Copy): Promise<boolean> {
  await mustRun(ctx, copy.name);
  const path = await placeHere(copy);
  if (!isAbsolute(copy.source)) throw new CallRefused('Source path must be absolute');
  if (!(await succeeds(ctx, copy.name, 'test', '-e', copy.source))) throw new CallRefused(`Source file ${copy.source} does not exist`);
  if (!(await succeeds(ctx, copy.name, 'test', '-f', copy.source))) throw new CallRefused('Source must be a regular file');
  const sum = await sumInside(ctx, copy.name, copy.source);
  if (sum !== undefined && sum === (await sumHere(path))) return true;
  await fetchFile(ctx, copy.name, copy.source, path);
  return sum === (await sumHere(path));
}

/** Where a file goes in a container. */
async function placeInside(ctx: Ctx, copy: Copy): Promise<string> {
  if (!isAbsolute(copy.dest)) throw new CallRefused('Destination path must be absolute');
  const isDirectory = async (path: string): Promise<boolean> => await succeeds(ctx, copy.name, 'test', '-d', path);
  const path = (await isDirectory(copy.dest)) ? join(copy.dest, basename(copy.source)) : copy.dest;
  if (!(await isDirectory(dirname(path)))) {
    if (!copy.makedirs) throw new CallRefused(`Directory ${dirname(path)} does not exist on docker container '${copy.name}'`);
    const made = await inside(ctx, copy.name, 'mkdir', '-p', dirname(path));
    if (made.retcode !== 0)
      throw new CommandFailed(`Unable to create destination directory ${dirname(path)} in container '${copy.name}': ${made.output}`);
  }
  if (!copy.overwrite && (await succeeds(ctx, copy.name, 'test', '-e', path))) throw taken(path);
  return path;
}

async function copyTo(ctx: Ctx, copy: Copy): Promise<boolean> {
  await mustRun(ctx, copy.name);
  if (!isAbsolute(copy.source)) throw new CallRefused('Source path must be absolute');
  const kind = await kindHere(copy.source);
  if (kind === undefined) throw new CallRefused(`Source file ${copy.source} does not exist`);
  if (kind !== 'file') throw new CallRefused('Source must be a regular file');
  const path = await placeInside(ctx, copy);
  const sum = await sumHere(copy.source);
  if (sum === (await sumInside(ctx, copy.name, path))) return true;
  // Not by the engine's archives: a file that is there keeps its owner and rights.
  await execute(ctx, copy.name, clean(['tee', path]), createReadStream(copy.source));
  return sum === (await sumInside(ctx, copy.name, path));
}

const fromCall = (as: string) =>
  call({
    doc: 'Copy a file out of a container. Whether it is there now.',
    examples: [`tsalt '*' docker.${as} mycontainer /var/log/nginx/access.log /home/myuser`],
    args: { name: container, source, dest, overwrite, makedirs },
    changes: true,
    run: async (ctx, args): Promise<Returnable> => await copyFrom(ctx, args),
  });

/** Calls that copy files. */
export const copyCalls = {
  copy_from: fromCall('copy_from'),
  cp: fromCall('cp'),
  copy_to: call({
    doc: 'Copy a file of this machine or of the master into a container. Whether it is there now.',
    examples: [
      "tsalt '*' docker.copy_to mycontainer /tmp/foo /root/foo",
      "tsalt '*' docker.copy_to mycontainer salt://foo /root/ overwrite=True",
    ],
    args: {
      name: container,
      source,
      dest,
      exec_driver: { type: 'string', doc: 'there is one way, the exec of the engine: taken and not used' },
      overwrite,
      makedirs,
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const file = args.source.startsWith('salt://') ? await ctx.call('cp.cache_file', [args.source]) : args.source;
      if (!file) throw new CommandFailed(`Unable to cache ${args.source}`);
      return await copyTo(ctx, { ...args, source: String(file) });
    },
  }),
};
