import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { CallRefused, CommandFailed, type Ctx, call, float, type Returnable } from '../../define.ts';
import { Engine, part } from './engine.ts';
import { ifKnown, images, inspectImage } from './inspect.ts';
import { errorsIn } from './progress.ts';
import { type Fields, fields, sizeText, texts } from './values.ts';

const path = { type: 'string', required: true, doc: 'a file of this machine' } as const;
const overwrite = { type: 'boolean', default: false, doc: 'also over a file that is there' } as const;
const makedirs = { type: 'boolean', default: false, doc: 'make its directory' } as const;
const compression = { type: 'string', doc: 'gzip, bzip2 or xz; else by the end of its name' } as const;
const repository = { type: 'any', required: true, doc: 'its repository' } as const;
const tag = { type: 'any', default: 'latest', doc: 'its tag' } as const;

const KINDS: Readonly<Record<string, string>> = { gz: 'gzip', gzip: 'gzip', bz2: 'bzip2', bzip2: 'bzip2', lzma: 'xz', xz: 'xz' };
const ENDS: readonly (readonly [RegExp, string])[] = [
  [/\.(tar\.gz|tgz)$/, 'gzip'],
  [/\.(tar\.bz2|tbz2)$/, 'bzip2'],
  [/\.(tar\.xz|txz)$/, 'xz'],
];

function compressionOf(file: string, asked: string | undefined): string | undefined {
  if (!asked) return ENDS.find(([end]) => end.test(file))?.[1];
  const kind = KINDS[asked];
  if (kind === undefined) throw new CallRefused(`Invalid compression type '${asked}'`);
  return kind;
}

const isThere = async (file: string): Promise<boolean> =>
  await access(file).then(
    () => true,
    () => false,
  );

interface Target {
  readonly path: string;
  readonly overwrite: boolean;
  readonly makedirs: boolean;
  readonly compression: string | undefined;
}

/** Writes what the engine sends into a file, which gets its name when it is whole. */
async function store(ctx: Ctx, target: Target, open: () => Promise<Readable>): Promise<Fields> {
  if (!isAbsolute(target.path)) throw new CallRefused(`Path '${target.path}' is not absolute`);
  if (!target.overwrite && (await isThere(target.path))) throw new CommandFailed(`${target.path} already exists`);
  const kind = compressionOf(target.path, target.compression);
  if (!(await isThere(dirname(target.path)))) {
    if (!target.makedirs)
      throw new CommandFailed(`Parent dir ${dirname(target.path)} of destination path does not exist. Use makedirs=True to create it.`);
    await mkdir(dirname(target.path), { recursive: true });
  }
  const began = performance.now();
  const beside = `${target.path}.${process.pid}.part`;
  try {
    await write(ctx, await open(), beside, kind);
    await rename(beside, target.path);
  } finally {
    await rm(beside, { force: true });
  }
  const { size } = await stat(target.path);
  return { Time_Elapsed: float((performance.now() - began) / 1000), Path: target.path, Size: size, Size_Human: sizeText(size) };
}

async function write(ctx: Ctx, from: Readable, file: string, kind: string | undefined): Promise<void> {
  if (kind === 'gzip') return await pipeline(from, createGzip(), createWriteStream(file));
  await pipeline(from, createWriteStream(file));
  if (kind === undefined) return;
  const { code, stderr } = await ctx.spawn(
    [kind, '--force', '--suffix=.packed', file].filter((word) => kind === 'xz' || !word.startsWith('--suffix')),
  );
  if (code !== 0) throw new CommandFailed(`${kind} failed: ${stderr.toString('utf8').trim()}`);
  await rename(`${file}${kind === 'xz' ? '.packed' : '.bz2'}`, file);
}

/** A file of this machine, or one that the master or a server has. */
async function localFile(ctx: Ctx, source: string): Promise<string> {
  if (!source.startsWith('salt://')) return source;
  const cached = await ctx.call('cp.cache_file', [source]);
  if (!cached) throw new CommandFailed(`Unable to cache ${source}`);
  return String(cached);
}

async function nameLoaded(ctx: Ctx, loaded: readonly string[], repository: string, tag: string): Promise<Fields> {
  const all = await images(ctx, true);
  const parents = new Set(Object.values(all).map(({ ParentId: parent }) => parent));
  const top = loaded.filter((id) => !parents.has(id));
  const [id] = top;
  if (id === undefined) return { Warning: 'No top-level image layers were loaded, no image was tagged' };
  if (top.length > 1) return { Warning: `More than one top-level image layer was loaded (${top.join(', ')}), no image was tagged` };
  await (await Engine.of(ctx)).json('POST', `/images/${part(id)}/tag`, { query: { repo: repository, tag } });
  return { Image: `${repository}:${tag}` };
}

const failed = (what: string, errors: readonly string[]): CommandFailed =>
  new CommandFailed(errors.length === 0 ? what : `${what}. Error(s) follow:\n\n${errors.join('\n\n')}`);

const pushed = async (ctx: Ctx, file: string): Promise<Fields> =>
  ctx.extra['push'] === true ? { Push: await ctx.call('cp.push', [file]) } : {};

/** Calls between images or containers and files. */
export const archiveCalls = {
  export: call({
    doc: "Write a container's file system into a tar file.",
    examples: ["tsalt '*' docker.export mycontainer /tmp/mycontainer.tar.xz"],
    args: { name: { type: 'string', required: true, doc: 'the container' }, path, overwrite, makedirs, compression },
    extra: 'push: send the file to the master (cp.push)',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const engine = await Engine.of(ctx);
      const done = await store(
        ctx,
        args as Target,
        async () => await engine.stream('GET', `/containers/${part(args.name)}/export`, { timeout: 0 }),
      );
      return { ...done, ...(await pushed(ctx, args.path)) };
    },
  }),
  save: call({
    doc: 'Write an image with its layers into a tar file.',
    examples: ["tsalt '*' docker.save centos:7 /tmp/cent7.tar", "tsalt '*' docker.save 0123456789ab /tmp/saved.tar.gz"],
    args: { name: { type: 'string', required: true, doc: 'the image' }, path, overwrite, makedirs, compression },
    extra: 'push: send the file to the master (cp.push)',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const engine = await Engine.of(ctx);
      const image = async (): Promise<string> => {
        const found = await inspectImage(ctx, args.name);
        return texts(found['RepoTags']).includes(args.name) ? args.name : String(found['Id']);
      };
      const done = await store(
        ctx,
        args as Target,
        async () => await engine.stream('GET', `/images/${part(await image())}/get`, { timeout: 0 }),
      );
      return { ...done, ...(await pushed(ctx, args.path)) };
    },
  }),
  load: call({
    doc: 'Read images from a file that docker.save wrote, and give the one of it a name.',
    examples: [
      "tsalt '*' docker.load /path/to/archive.tar",
      "tsalt '*' docker.load salt://path/to/docker/saved/image.tar repository=myuser/myimage tag=mytag",
    ],
    args: {
      path: { type: 'string', required: true, doc: 'a file of this machine, or salt://' },
      repository: { type: 'any', doc: 'its repository' },
      tag: { type: 'any', doc: 'its tag' },
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      if (Boolean(args.repository) !== Boolean(args.tag)) throw new CallRefused('If tagging, both a repository and tag are required');
      const file = await localFile(ctx, args.path);
      if (!(await isThere(file))) throw new CommandFailed(`Source file ${args.path} does not exist`);
      const before = await images(ctx, true);
      const began = performance.now();
      const ask = { body: createReadStream(file), headers: { 'Content-Type': 'application/x-tar' }, timeout: 0 };
      const errors = errorsIn(await (await Engine.of(ctx)).messages('POST', '/images/load', ask));
      if (errors.length > 0) throw new CommandFailed(`Failed to load image(s) from ${args.path}: ${errors.join('\n')}`);
      const took = float((performance.now() - began) / 1000);
      const loaded = Object.keys(await images(ctx, true)).filter((id) => !(id in before));
      const named = args.repository ? await nameLoaded(ctx, loaded, String(args.repository), String(args.tag)) : {};
      return { Time_Elapsed: took, Path: args.path, Layers: loaded.map((id) => id.slice(0, 12)), ...named };
    },
  }),
  import: call({
    doc: 'Make an image from a tar file of a file system.',
    examples: [
      "tsalt '*' docker.import /tmp/cent7-minimal.tar.xz myuser/centos",
      "tsalt '*' docker.import salt://dockerimages/cent7-minimal.tar.xz myuser/centos 7",
    ],
    args: {
      source: { type: 'string', required: true, doc: 'a file of this machine, salt://, or an address that the engine reads itself' },
      repository,
      tag,
      api_response: { type: 'boolean', default: false, doc: 'the messages of the engine too' },
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const remote = /^(https?|ftp):\/\//.test(args.source);
      const file = remote ? undefined : await localFile(ctx, args.source);
      if (file !== undefined && !(await isThere(file))) throw new CommandFailed(`Source file ${args.source} does not exist`);
      const query = { fromSrc: remote ? args.source : '-', repo: String(args.repository), tag: String(args.tag) };
      const began = performance.now();
      const body = file === undefined ? {} : { body: createReadStream(file), headers: { 'Content-Type': 'application/x-tar' } };
      const messages = await (await Engine.of(ctx)).messages('POST', '/images/create', { query, ...body, timeout: 0 });
      const id = messages.flatMap(({ status }) => /^(?:sha256:)?[0-9a-f]{64}$/.exec(String(status ?? ''))?.[0] ?? []).at(-1);
      if (id === undefined) throw failed(`Import failed for ${args.source}`, errorsIn(messages));
      const told = args.api_response ? { API_Response: messages } : {};
      return { Time_Elapsed: float((performance.now() - began) / 1000), ...told, Image: `${query.repo}:${query.tag}`, Id: id };
    },
  }),
  commit: call({
    doc: 'Make an image of a container as it is now.',
    examples: ["tsalt '*' docker.commit mycontainer myuser/myimage mytag"],
    args: {
      name: { type: 'string', required: true, doc: 'the container' },
      repository,
      tag,
      message: { type: 'string', doc: 'a note in the image' },
      author: { type: 'string', doc: 'who made it' },
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const query = {
        container: args.name,
        repo: String(args.repository),
        tag: String(args.tag),
        comment: args.message,
        author: args.author,
      };
      const began = performance.now();
      const { Id: id } = fields(await (await Engine.of(ctx)).json('POST', '/commit', { query, body: {}, timeout: 0 }));
      if (id === undefined) throw new CommandFailed('No image ID was returned in API response');
      return { Time_Elapsed: float((performance.now() - began) / 1000), Id: id };
    },
  }),
};

/** The names of an image, or its id. */
export async function namesOf(ctx: Ctx, image: string): Promise<Returnable | undefined> {
  const found = await ifKnown(inspectImage(ctx, image));
  if (found === undefined) return undefined;
  const tags = texts(found['RepoTags']);
  return tags.length > 0 ? tags : [found['Id'] ?? null];
}
