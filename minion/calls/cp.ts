import { appendFile, chmod, copyFile, mkdir, open, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, normalize, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { number } from '../settings.ts';
import { isTree } from './path.ts';
import type { Ports } from './ports.ts';

const SALTENV = { type: 'string', doc: 'the environment; that of the minion, or base, when absent' } as const;
const PATH = { type: 'string', required: true, doc: 'a url: salt://, http(s)://, file://, or an absolute path' } as const;
const MAKEDIRS = { type: 'boolean', default: false, doc: 'make the directories of dest' } as const;
const TEMPLATE = { type: 'string', doc: 'render path and dest by this engine' } as const;
const GZIP = { type: 'any', doc: 'accepted for compatibility' } as const;
const REL = { type: 'string', default: '', doc: 'only what begins with this' } as const;

/** What renders text into text. */
const ENGINES: ReadonlySet<string> = new Set(['jinja', 'py', 'js', 'gpg']);
type Names = Readonly<Record<string, Returnable>>;

/** What a call gives a template: arguments of other names, and `context` over `defaults`. */
const variablesOf = ({ extra }: Ctx): Names => {
  const { defaults, context, ...others } = extra;
  const shown = Object.entries(others).filter(([name]) => !name.startsWith('__'));
  return { ...Object.fromEntries(shown), ...(isTree(defaults) ? defaults : {}), ...(isTree(context) ? context : {}) };
};

/** Files from the master, and to it. */
export default function cp(ports: Ports) {
  const { files } = ports;
  const envOf = (saltenv: string | undefined): string => {
    const own = ports.options()['saltenv'];
    return saltenv !== undefined && saltenv !== '' ? saltenv : typeof own === 'string' && own !== '' ? own : 'base';
  };
  const rendered = async (ctx: Ctx, text: string, template: string | undefined, names: Names = {}): Promise<string> => {
    if (template === undefined || template === '' || text.trim() === '') return text;
    if (!ENGINES.has(template)) throw new CommandFailed(`Attempted to render file paths with unavailable engine ${template}`);
    return String(await ctx.call('slsutil.renderer', [], { ...names, string: text, default_renderer: template }));
  };

  const getFile = async (
    ctx: Ctx,
    args: { path: string; dest: string; saltenv?: string | undefined; makedirs: boolean; template?: string | undefined },
  ): Promise<string | false> => {
    const path = await rendered(ctx, args.path, args.template);
    const dest = await destination(await rendered(ctx, args.dest, args.template), path, args.makedirs);
    if (dest === undefined) return false;
    return (await files.copyTo(path, envOf(args.saltenv), dest)) ?? '';
  };

  const push = async (
    path: string,
    args: { keep_symlinks?: boolean; upload_path?: string | undefined; remove_source?: boolean },
  ): Promise<boolean> => {
    if (path.includes('../') || !path.startsWith('/')) return false;
    const source = args.keep_symlinks === true ? path : await realpath(path).catch(() => path);
    const name = args.upload_path ?? source;
    if (name.includes('../') || (await stat(source).catch(() => undefined))?.isFile() !== true) return false;
    const parts = normalize(name)
      .split('/')
      .filter((part) => part !== '');
    const sent = await upload(source, parts);
    if (sent && args.remove_source === true) await rm(source);
    return sent;
  };
  const upload = async (source: string, path: readonly string[]): Promise<boolean> => {
    const file = await open(source, 'r');
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(number(ports.options(), 'file_buffer_size', 262_144));
      for (let loc = 0, first = true; first || loc < size; first = false) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, loc);
        const data = Buffer.from(buffer.subarray(0, bytesRead));
        const answer = await ports.master().ask({ cmd: '_file_recv', id: ports.id, path, size, loc, data });
        if (answer !== true) return false;
        loc += bytesRead;
        if (bytesRead === 0) break;
      }
      return true;
    } finally {
      await file.close();
    }
  };

  return execModule({
    name: 'cp',
    doc: 'Files from the master, and to it.',
    calls: {
      get_file: call({
        doc: 'Copy a file of the master here; answers where, or nothing when there is no such file.',
        examples: ["tsalt '*' cp.get_file salt://path/to/file /minion/dest"],
        args: {
          path: PATH,
          dest: { type: 'string', required: true, doc: 'where to' },
          saltenv: SALTENV,
          makedirs: MAKEDIRS,
          template: TEMPLATE,
          gzip: GZIP,
        },
        extra: 'for the template',
        changes: true,
        run: (ctx, args) => getFile(ctx, args),
      }),
      get_dir: call({
        doc: 'Copy a directory of the master here; answers the files written.',
        examples: ["tsalt '*' cp.get_dir salt://path/to/dir /minion/dest"],
        args: {
          path: PATH,
          dest: { type: 'string', required: true, doc: 'the directory it is put into' },
          saltenv: SALTENV,
          template: TEMPLATE,
          gzip: GZIP,
        },
        extra: 'for the template',
        changes: true,
        async run(ctx, args) {
          const env = envOf(args.saltenv);
          const path = (await rendered(ctx, args.path, args.template)).replace(/^salt:\/\//, '').replace(/\/+$/, '');
          const dest = await rendered(ctx, args.dest, args.template);
          return (await files.copyDir(path, env, dest)).sort();
        },
      }),
      get_url: call({
        doc: 'Fetch a url; answers where it lies, or its content when dest is None.',
        examples: ["tsalt '*' cp.get_url salt://my/file /tmp/mine", "tsalt '*' cp.get_url https://example.org/x /tmp/x"],
        args: {
          path: PATH,
          dest: { type: 'any', default: '', doc: "where to; '' keeps it in the cache, None answers the content" },
          saltenv: SALTENV,
          makedirs: MAKEDIRS,
          source_hash: { type: 'string', doc: 'accepted for compatibility' },
        },
        changes: true,
        async run(ctx, args) {
          if (args.dest === '' || args.dest === null) {
            const cached = await files.cache(args.path, envOf(args.saltenv));
            if (cached === undefined) return false;
            return args.dest === '' ? cached : await readFile(cached, 'utf8');
          }
          return (await getFile(ctx, { ...args, dest: String(args.dest) })) || false;
        },
      }),
      get_file_str: call({
        doc: 'The content of a file of the master.',
        examples: ["tsalt '*' cp.get_file_str salt://my/file"],
        args: { path: PATH, saltenv: SALTENV },
        changes: false,
        async run(_ctx, args) {
          const cached = await files.cache(args.path, envOf(args.saltenv));
          return cached === undefined ? false : await readFile(cached, 'utf8');
        },
      }),
      get_template: call({
        doc: 'Render a file of the master to a place here.',
        examples: ["tsalt '*' cp.get_template salt://path/to/template /minion/dest"],
        args: {
          path: PATH,
          dest: { type: 'string', required: true, doc: 'where to' },
          template: { type: 'string', default: 'jinja', doc: 'the engine' },
          saltenv: SALTENV,
          makedirs: MAKEDIRS,
        },
        extra: 'for the template',
        changes: true,
        async run(ctx, args) {
          const cached = await files.cache(args.path, envOf(args.saltenv));
          const dest = await destination(args.dest, args.path, args.makedirs);
          if (cached === undefined || dest === undefined) return '';
          const names = { ...variablesOf(ctx), saltenv: envOf(args.saltenv) };
          await writeFile(dest, await rendered(ctx, await readFile(cached, 'utf8'), args.template, names));
          return dest;
        },
      }),
      cache_file: call({
        doc: 'Bring a file into the cache; answers where it lies.',
        examples: ["tsalt '*' cp.cache_file salt://path/to/file"],
        args: {
          path: PATH,
          saltenv: SALTENV,
          source_hash: { type: 'string', doc: 'accepted for compatibility' },
          verify_ssl: { type: 'boolean', default: true, doc: 'accepted for compatibility' },
          use_etag: { type: 'boolean', default: false, doc: 'accepted for compatibility' },
        },
        changes: false,
        run: async (_ctx, args) => (await files.cache(args.path, envOf(args.saltenv))) ?? false,
      }),
      cache_files: call({
        doc: 'Bring several files into the cache; answers where they lie.',
        examples: ["tsalt '*' cp.cache_files salt://a,salt://b"],
        args: { paths: { type: 'list', required: true, doc: 'urls' }, saltenv: SALTENV },
        changes: false,
        async run(_ctx, args) {
          const cached: string[] = [];
          for (const path of args.paths.map(String)) cached.push((await files.cache(path, envOf(args.saltenv))) ?? '');
          return cached;
        },
      }),
      cache_dir: call({
        doc: 'Bring a directory into the cache; answers where its files lie.',
        examples: ["tsalt '*' cp.cache_dir salt://path/to/dir"],
        args: {
          path: PATH,
          saltenv: SALTENV,
          include_empty: { type: 'boolean', default: false, doc: 'also empty directories' },
          include_pat: { type: 'string', doc: 'a glob, or E@ and a regular expression: only these' },
          exclude_pat: { type: 'string', doc: 'likewise: not these' },
        },
        changes: false,
        async run(ctx, args) {
          const cached = await files.cacheDir(args.path.replace(/^salt:\/\//, ''), envOf(args.saltenv), args.include_empty);
          const { fits } = await import('./patterns.ts');
          return cached.filter((path) => fits(path, args.include_pat, args.exclude_pat, ctx.log)).sort();
        },
      }),
      cache_master: call({
        doc: 'Bring all files of an environment into the cache.',
        examples: ["tsalt '*' cp.cache_master"],
        args: { saltenv: SALTENV },
        changes: false,
        run: (_ctx, { saltenv }) => files.cacheDir('', envOf(saltenv)),
      }),
      cache_local_file: call({
        doc: 'Keep a copy of a file of this machine in the cache; answers where it lies.',
        examples: ["tsalt '*' cp.cache_local_file /etc/hosts"],
        args: { path: { type: 'string', required: true, doc: 'the file' } },
        changes: false,
        async run(_ctx, { path }) {
          if ((await stat(path).catch(() => undefined))?.isFile() !== true) return '';
          const dest = join(ports.paths.cachedir, 'localfiles', path.replace(/^\/+/, ''));
          await mkdir(dirname(dest), { recursive: true });
          await copyFile(path, dest);
          return dest;
        },
      }),
      cache_dest: call({
        doc: 'Where a file would lie in the cache; fetches nothing.',
        examples: ["tsalt '*' cp.cache_dest salt://my/file"],
        args: { url: PATH, saltenv: SALTENV },
        changes: false,
        run: (_ctx, { url, saltenv }) => files.placeOf(url, envOf(saltenv)),
      }),
      is_cached: call({
        doc: "Where a file lies in the cache; '' when it does not.",
        examples: ["tsalt '*' cp.is_cached salt://path/to/file"],
        args: { path: PATH, saltenv: SALTENV },
        changes: false,
        async run(_ctx, args) {
          const cached = await files.cached(args.path, envOf(args.saltenv));
          return cached ?? '';
        },
      }),
      hash_file: call({
        doc: 'The hash of a file of the master, or of this machine.',
        examples: ["tsalt '*' cp.hash_file salt://path/to/file"],
        args: { path: PATH, saltenv: SALTENV },
        changes: false,
        async run(_ctx, args) {
          const hash = await files.hash(args.path, envOf(args.saltenv), String(ports.options()['hash_type'] ?? 'sha256'));
          if (hash === undefined) return ports.masters().length === 0 ? '' : {};
          return { hsum: hash.sum, hash_type: hash.kind };
        },
      }),
      stat_file: call({
        doc: 'The permissions of a file of the master.',
        examples: ["tsalt '*' cp.stat_file salt://path/to/file"],
        args: { path: PATH, saltenv: SALTENV, octal: { type: 'boolean', default: true, doc: 'as text such as 0644' } },
        changes: false,
        async run(_ctx, args) {
          const mode = await files.mode(args.path, envOf(args.saltenv));
          if (mode === undefined) return null;
          return args.octal ? `0${(mode & 0o7777).toString(8).padStart(3, '0')}` : mode;
        },
      }),
      envs: call({
        doc: 'The environments of the master.',
        examples: ["tsalt '*' cp.envs"],
        args: {},
        changes: false,
        run: async () => [...(await files.source.envs())],
      }),
      list_master: call({
        doc: 'The files of an environment.',
        examples: ["tsalt '*' cp.list_master"],
        args: { saltenv: SALTENV, prefix: REL },
        changes: false,
        run: async (_ctx, { saltenv, prefix }) => [...(await files.source.list('files', envOf(saltenv), prefix))],
      }),
      list_master_dirs: call({
        doc: 'The directories of an environment.',
        examples: ["tsalt '*' cp.list_master_dirs"],
        args: { saltenv: SALTENV, prefix: REL },
        changes: false,
        run: async (_ctx, { saltenv, prefix }) => [...(await files.source.list('dirs', envOf(saltenv), prefix))],
      }),
      list_master_symlinks: call({
        doc: 'The symbolic links of an environment, with their targets.',
        examples: ["tsalt '*' cp.list_master_symlinks"],
        args: { saltenv: SALTENV, prefix: REL },
        changes: false,
        run: async (_ctx, { saltenv, prefix }) => ({ ...(await files.source.symlinks(envOf(saltenv), prefix)) }),
      }),
      list_states: call({
        doc: 'The states of an environment, by the names under which they are applied.',
        examples: ["tsalt '*' cp.list_states"],
        args: { saltenv: SALTENV },
        changes: false,
        async run(_ctx, { saltenv }) {
          const listed = await files.source.list('files', envOf(saltenv), '');
          const names = listed
            .filter((path) => path.endsWith('.sls'))
            .map((path) =>
              path
                .slice(0, -'.sls'.length)
                .replaceAll('/', '.')
                .replace(/\.init$/, ''),
            );
          return [...new Set(names)].sort();
        },
      }),
      list_minion: call({
        doc: 'The files of an environment that are in the cache here.',
        examples: ["tsalt '*' cp.list_minion"],
        args: { saltenv: SALTENV },
        changes: false,
        run: (_ctx, { saltenv }) => files.listCached(envOf(saltenv)),
      }),
      push: call({
        doc: 'Send a file of this machine to the master, where its option file_recv allows it.',
        examples: ["tsalt '*' cp.push /etc/fstab"],
        args: {
          path: { type: 'string', required: true, doc: 'an absolute path' },
          keep_symlinks: { type: 'boolean', default: false, doc: 'name it as the link, not as its target' },
          upload_path: { type: 'string', doc: 'another name at the master' },
          remove_source: { type: 'boolean', default: false, doc: 'delete it here afterwards' },
        },
        changes: true,
        run: (_ctx, { path, ...args }) => push(path, args),
      }),
      push_dir: call({
        doc: 'Send the files of a directory to the master.',
        examples: ["tsalt '*' cp.push_dir /etc/modprobe.d glob='*.conf'"],
        args: {
          path: { type: 'string', required: true, doc: 'an absolute path' },
          glob: { type: 'string', doc: 'only files whose name matches' },
          upload_path: { type: 'string', doc: 'another name at the master' },
        },
        changes: true,
        async run(ctx, { path, glob, upload_path }) {
          if (path.includes('../') || !path.startsWith('/')) return false;
          const { filesBelow, fits } = await import('./patterns.ts');
          const wanted = (await filesBelow(path)).filter((file) => glob === undefined || fits(basename(file), glob, undefined, ctx.log));
          for (const file of wanted) {
            const name = upload_path === undefined ? undefined : join(upload_path, relative(path, file));
            if (!(await push(file, { upload_path: name }))) return false;
          }
          return true;
        },
      }),
      recv: call({
        doc: 'Write small files that came with the call (tsalt-cp uses it).',
        examples: ["tsalt-cp '*' /etc/hosts /tmp/hosts"],
        args: {
          files: { type: 'map', required: true, doc: 'contents by path' },
          dest: { type: 'string', required: true, doc: 'where to' },
        },
        changes: true,
        run: (_ctx, args) => receive(args.files, args.dest),
      }),
      recv_chunked: call({
        doc: 'Write a piece of a file that came with the call (tsalt-cp uses it).',
        examples: ["tsalt-cp -C '*' /boot/image /tmp/image"],
        args: {
          dest: { type: 'string', required: true, doc: 'where to' },
          chunk: { type: 'any', required: true, doc: 'base64; None makes an empty directory' },
          append: { type: 'boolean', default: false, doc: 'behind what is there' },
          compressed: { type: 'boolean', default: true, doc: 'gzip' },
          mode: { type: 'any', doc: 'permission bits of a new file' },
        },
        changes: true,
        run: (ctx, args) => receiveChunk(ctx, args),
      }),
    },
  });
}

/** A directory takes the file under its own name. Undefined when there is no place for it. */
async function destination(dest: string, path: string, makedirs: boolean): Promise<string | undefined> {
  const found = await stat(dest).catch(() => undefined);
  if (found?.isDirectory() === true || dest.endsWith('/')) {
    if (found === undefined && !makedirs) return undefined;
    await mkdir(dest, { recursive: true });
    return join(dest, basename(path.split('?')[0] ?? path));
  }
  if (makedirs) await mkdir(dirname(dest), { recursive: true });
  return (await stat(dirname(dest)).catch(() => undefined))?.isDirectory() === true ? dest : undefined;
}

async function receive(contents: { readonly [path: string]: Returnable }, dest: string): Promise<Returnable> {
  const written: Record<string, boolean> = {};
  const there = (await stat(dest).catch(() => undefined))?.isDirectory() === true;
  const parent = (await stat(dirname(dest)).catch(() => undefined))?.isDirectory() === true;
  for (const [path, data] of Object.entries(contents)) {
    if (!there && !parent && basename(path) !== basename(dest)) return 'Destination unavailable';
    const target = there ? join(dest, basename(path)) : dest;
    written[target] = await writeFile(target, data instanceof Uint8Array ? data : String(data)).then(
      () => true,
      () => false,
    );
  }
  return written;
}

interface Piece {
  readonly dest: string;
  readonly chunk: Returnable;
  readonly append: boolean;
  readonly compressed: boolean;
  readonly mode?: Returnable | undefined;
}

async function receiveChunk(ctx: Ctx, { dest, chunk, append, compressed, mode }: Piece): Promise<Returnable> {
  try {
    if (chunk === null) {
      if ((await stat(dest).catch(() => undefined))?.isFile() === true) return 'Path exists and is a file';
      await mkdir(dest, { recursive: true });
      return true;
    }
    const packed = Buffer.from(String(chunk), 'base64');
    const bytes = compressed ? gunzipSync(packed, { maxOutputLength: 1 << 28 }) : packed;
    await mkdir(dirname(dest), { recursive: true });
    await (append ? appendFile(dest, bytes) : writeFile(dest, bytes));
    if (!append && mode !== null && mode !== undefined) await chmod(dest, Number(mode));
    return true;
  } catch (error) {
    ctx.retcode(1);
    if (error instanceof CommandFailed) throw error;
    return messageOf(error);
  }
}
