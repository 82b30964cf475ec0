import { createReadStream, type Dirent } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call, float, type Returnable } from '../../define.ts';
import { namesOf } from './archive_calls.ts';
import { Engine } from './engine.ts';
import { excluder } from './ignored.ts';
import { errorsIn } from './progress.ts';
import { type Fields, fields, isFields } from './values.ts';

/** Files of a directory as a tar file in `home`, without those that its .dockerignore names. */
async function pack(ctx: Ctx, directory: string, dockerfile: string, home: string): Promise<string> {
  const rules = await readFile(join(directory, '.dockerignore'), 'utf8').catch(() => '');
  const isExcluded = excluder(rules);
  const always = new Set([dockerfile, '.dockerignore']);
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: Error) => {
    throw new CommandFailed(`The directory to build from cannot be read: ${error.message}`);
  });
  const pathOf = (entry: Dirent): string => join(entry.parentPath, entry.name).slice(directory.replace(/\/+$/, '').length + 1);
  const wanted = entries.map(pathOf).filter((path) => always.has(path) || !isExcluded(path));
  const [list, file] = [join(home, 'list'), join(home, 'context.tar')];
  await writeFile(list, wanted.join('\0'));
  const { code, stderr } = await ctx.spawn([
    'tar',
    '-C',
    directory,
    '--null',
    '--no-recursion',
    '--numeric-owner',
    '-T',
    list,
    '-cf',
    file,
  ]);
  if (code !== 0) throw new CommandFailed(`The directory ${directory} cannot be packed: ${stderr.toString('utf8').trim()}`);
  return file;
}

interface Built {
  readonly id: string | undefined;
  readonly intermediate: readonly string[];
}

function builtOf(messages: readonly Fields[]): Built {
  const lines = messages
    .flatMap(({ stream, aux }) => [String(stream ?? ''), isFields(aux) ? `aux ${String(aux['ID'] ?? '')}` : ''])
    .map((line) => line.trim());
  const last = (pattern: RegExp): string[] => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  return {
    id: last(/Successfully built (\w+)$/).at(-1) ?? last(/^aux (?:sha256:)?(\w+)$/).at(-1),
    intermediate: last(/Running in (\w+)$/),
  };
}

/** Where an image is built from. */
interface Source {
  readonly path: string | undefined;
  readonly text: string | undefined;
  readonly dockerfile: string;
}

async function build(ctx: Ctx, source: Source, query: Readonly<Record<string, Returnable | undefined>>): Promise<Fields[]> {
  const engine = await Engine.of(ctx);
  const asked = { ...query, dockerfile: source.dockerfile };
  if (source.path !== undefined && /^(https?:\/\/|git(hub\.com\/|@|:\/\/))/.test(source.path))
    return await engine.messages('POST', '/build', { query: { ...asked, remote: source.path }, timeout: 0 });
  const home = await mkdtemp(join(tmpdir(), 'tsalt-docker-'));
  try {
    let directory = source.path;
    if (source.text !== undefined) {
      directory = await mkdtemp(join(home, 'text-'));
      await writeFile(join(directory, source.dockerfile), source.text);
    }
    if (directory === undefined) throw new CallRefused('docker.build needs a path');
    const file = await pack(ctx, directory, source.dockerfile, home);
    const ask = { query: asked, body: createReadStream(file), headers: { 'Content-Type': 'application/x-tar' }, timeout: 0 };
    return await engine.messages('POST', '/build', ask);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Calls that build images. */
export const buildCalls = {
  build: call({
    doc: 'Build an image from a directory with a Dockerfile, and name it.',
    examples: [
      "tsalt '*' docker.build /path/to/docker/build/dir myimage dev",
      "tsalt '*' docker.build https://github.com/myuser/myrepo.git myimage latest",
    ],
    args: {
      path: { type: 'string', doc: 'a directory of this machine, or an address that the engine reads itself' },
      repository: { type: 'any', doc: 'its repository' },
      tag: { type: 'any', doc: 'its tag' },
      cache: { type: 'boolean', default: true, doc: 'use what was built before' },
      rm: { type: 'boolean', default: true, doc: 'remove containers of the steps' },
      api_response: { type: 'boolean', default: false, doc: 'the messages of the engine too' },
      fileobj: { type: 'string', doc: 'the text of a Dockerfile, in place of a path' },
      dockerfile: { type: 'string', doc: 'its name below the path; Dockerfile by default' },
      buildargs: { type: 'map', doc: 'values of ARG' },
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      if (args.tag && !args.repository) throw new CallRefused('If tagging, both a repository and tag are required');
      const name = args.repository && args.tag ? `${String(args.repository)}:${String(args.tag)}` : undefined;
      const source = { path: args.path, text: args.fileobj, dockerfile: args.dockerfile ?? 'Dockerfile' };
      const buildargs =
        args.buildargs === undefined
          ? undefined
          : Object.fromEntries(Object.entries(args.buildargs).map(([key, value]) => [key, String(value)]));
      const began = performance.now();
      const messages = await build(ctx, source, { t: name, q: false, nocache: !args.cache, rm: args.rm, buildargs });
      const took = float((performance.now() - began) / 1000);
      const { id, intermediate } = builtOf(messages);
      if (id === undefined) {
        const errors = errorsIn(messages);
        throw new CommandFailed(
          [`Build failed for ${args.path ?? 'fileobj'}`, ...(errors.length > 0 ? [`Error(s) follow:\n\n${errors.join('\n\n')}`] : [])].join(
            '. ',
          ),
        );
      }
      const names = await namesOf(ctx, id);
      return {
        Time_Elapsed: took,
        ...(!args.rm && intermediate.length > 0 ? { Intermediate_Containers: intermediate } : {}),
        Id: id,
        ...(names === undefined ? { Warning: `Failed to tag image as ${name ?? ''}` } : { Image: names }),
        ...(args.api_response ? { API_Response: messages.map(fields) } : {}),
      };
    },
  }),
};
