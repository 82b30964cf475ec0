import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { hashOf } from './attributes.ts';
import { LENIENCY_ARGS } from './compare.ts';
import { exists } from './paths.ts';
import { isKnownProtocol, isRemote, redacted, SIG_BACKEND, SIGNED_ARGS, type Signed, type Sum, schemeOf, sourceSum } from './sums.ts';
import { textOf } from './words.ts';

type Tree = Readonly<Record<string, Returnable>>;
const isTree = (value: Returnable | undefined): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
const entriesOf = (value: Returnable | undefined): [string, Returnable][] =>
  value instanceof Map ? [...value].map(([key, item]) => [String(key), item]) : isTree(value) ? Object.entries(value) : [];

/** Whether a source is there: among the master's files, on the web, or on this machine. */
const isThere = async (ctx: Ctx, source: string, saltenv: string): Promise<boolean> => {
  const scheme = schemeOf(source);
  if (scheme === 'salt') {
    const [, path = '', query = ''] = /^salt:\/\/([^?]*)\??(.*)$/.exec(source) ?? [];
    const env = new URLSearchParams(query).get('saltenv') ?? saltenv;
    const lists = [await ctx.call('cp.list_master', [env]), await ctx.call('cp.list_master_dirs', [env])];
    return lists.some((list) => Array.isArray(list) && list.includes(path));
  }
  if (scheme.startsWith('http'))
    return fetch(source, { method: 'HEAD', signal: ctx.signal }).then(
      (answer) => answer.ok,
      () => false,
    );
  if (scheme === 'file') return exists(source.replace(/^file:\/\//, ''));
  return source.startsWith('/') && exists(source);
};

/** The first of several sources that is there, with its hash; a single one is taken as it is. */
export const firstSource = async (
  ctx: Ctx,
  source: Returnable | undefined,
  hash: Returnable | undefined,
  saltenv: string,
): Promise<readonly [Returnable, Returnable]> => {
  if (!Array.isArray(source)) return [source ?? null, hash ?? null];
  for (const one of source as readonly Returnable[]) {
    const [[url, own] = [textOf(one), null], ...more] = typeof one === 'string' ? [] : entriesOf(one);
    if (more.length === 0 && (await isThere(ctx, url, saltenv))) return [url, own || hash || null];
  }
  throw new CommandFailed('none of the specified sources were found');
};

/** Renders a text by an engine. Throws what the engine says of it. */
const rendered = async (ctx: Ctx, text: string, template: string, saltenv: string, context: Tree): Promise<string> => {
  if (text.trim() === '') return text;
  // A first line such as `#!yaml` belongs to the file, not to the pipe of renderers.
  const shield = text.startsWith('#!') && !text.startsWith('#!/') ? '\n' : '';
  const made = await ctx.call('slsutil.renderer', [], { string: shield + text, default_renderer: template, saltenv, context });
  return textOf(made).slice(shield.length);
};
const ENGINES = ['jinja'];
const variables = (defaults: Returnable | undefined, context: Returnable | undefined): Tree =>
  Object.fromEntries([...entriesOf(defaults), ...entriesOf(context)]);

const DRAFT = '__salt.tmp.';
/** Writes a text where only the minion reads it; answers the path, for `discardDraft`. */
const draft = async (text: string): Promise<string> => {
  const place = join(await mkdtemp(join(tmpdir(), DRAFT)), 'rendered');
  await writeFile(place, text, { mode: 0o600 });
  return place;
};
/** Removes what `draft` made; leaves any other file alone. */
export const discardDraft = async (place: string): Promise<void> => {
  const folder = place.slice(0, -'/rendered'.length);
  if (place.endsWith('/rendered') && basename(folder).startsWith(DRAFT) && folder.startsWith(join(tmpdir(), DRAFT)))
    await rm(folder, { recursive: true, force: true });
};

/** What `file.managed` asks of a source. */
export interface Managed extends Signed {
  readonly name: string;
  readonly template?: Returnable | undefined;
  readonly source?: Returnable | undefined;
  readonly source_hash?: Returnable | undefined;
  readonly source_hash_name?: Returnable | undefined;
  readonly user?: Returnable | undefined;
  readonly group?: Returnable | undefined;
  readonly mode?: Returnable | undefined;
  readonly attrs?: Returnable | undefined;
  readonly saltenv: string;
  readonly context?: Returnable | undefined;
  readonly defaults?: Returnable | undefined;
  readonly skip_verify: boolean;
  readonly verify_ssl?: boolean;
  readonly use_etag?: boolean;
  readonly source_hash_sig?: Returnable | undefined;
}
/** Where the content lies, what it hashes to, and why there is none. */
export type Fetched = readonly [string, Sum | Record<string, never>, string];

/** Brings a source here and renders it, as a state needs it. */
export const fetchSource = async (ctx: Ctx, args: Managed): Promise<Fetched> => {
  const source = args.source ? textOf(args.source) : '';
  if (source === '') return ['', {}, ''];
  const scheme = isKnownProtocol(schemeOf(source)) ? schemeOf(source) : '';
  const local = scheme === '' ? source : scheme === 'file' ? source.replace(/^file:\/\//, '').replace(/\/+$/, '') : '';
  if (local !== '' && !(await exists(local))) return ['', {}, `Local file source ${local} does not exist`];
  const sum = await expectedSum(ctx, args, source, scheme, local);
  if (typeof sum === 'string') return ['', {}, sum];
  if (!args.template && !isRemote(scheme)) return [local, sum, ''];
  const [place, known] = await cachedSource(ctx, args, source, local, sum);
  if (place === '' || !(await exists(place))) return [place, {}, `Source file '${redacted(source)}' not found`];
  if (place === args.name) throw new CallRefused('Source file cannot be the same as destination');
  return args.template ? fromTemplate(ctx, args, textOf(args.template), source, place) : [place, known, ''];
};

/** What the source must hash to; a text says why that cannot be known. */
async function expectedSum(ctx: Ctx, args: Managed, source: string, scheme: string, local: string): Promise<Fetched[1] | string> {
  if (scheme === 'salt') {
    const hash = await ctx.call('cp.hash_file', [source, args.saltenv]);
    return isTree(hash) && 'hsum' in hash ? (hash as unknown as Sum) : `Source file ${source} not found in saltenv '${args.saltenv}'`;
  }
  if (!args.source_hash && local !== '') return { hsum: await hashOf(local, 'sha256'), hash_type: 'sha256' };
  if (args.skip_verify) return {};
  if (args.source_hash) {
    try {
      return await sourceSum(ctx, { ...args, file_name: args.name, source, verify_ssl: args.verify_ssl ?? true });
    } catch (failure) {
      if (failure instanceof CommandFailed) return `Unable to manage file: ${failure.message}`;
      throw failure;
    }
  }
  if (args.use_etag) return {};
  return `Unable to verify upstream hash of source file ${redacted(source)}, please set source_hash or set skip_verify to True`;
}

/** A copy that is here already and fits, else a new one. */
async function cachedSource(
  ctx: Ctx,
  args: Managed,
  source: string,
  local: string,
  sum: Fetched[1],
): Promise<readonly [string, Fetched[1]]> {
  const cached = await ctx.call('cp.is_cached', [source, args.saltenv]);
  if (typeof cached === 'string' && cached !== '' && (args.source_hash || args.skip_verify)) {
    const hash_type = sum['hash_type'] ?? 'sha256';
    const hsum = await hashOf(cached, hash_type);
    if (args.skip_verify) return [cached, { hsum, hash_type }];
    if (hsum === sum['hsum']) return [cached, sum];
  } else if (local !== '') return [local, sum];
  try {
    const options = { source_hash: sum['hsum'] ?? null, verify_ssl: args.verify_ssl ?? true, use_etag: args.use_etag ?? false };
    const fetched = await ctx.call('cp.cache_file', [source, args.saltenv], options);
    return [typeof fetched === 'string' ? fetched : '', sum];
  } catch (failure) {
    throw new CommandFailed(`Failed to cache ${redacted(source)}: ${failure instanceof Error ? failure.message : String(failure)}`);
  }
}

async function fromTemplate(ctx: Ctx, args: Managed, template: string, source: string, place: string): Promise<Fetched> {
  if (!ENGINES.includes(template)) return [place, {}, `Specified template format ${template} is not supported`];
  const { name, user, group, mode, attrs, saltenv } = args;
  const surroundings = { name, source, user: user ?? null, group: group ?? null, mode: mode ?? null, attrs: attrs ?? null };
  const context = { ...surroundings, ...ctx.extra, ...variables(args.defaults, args.context) };
  const made = await draft(await rendered(ctx, await readFile(place, 'utf8'), template, saltenv, context));
  return [made, { hash_type: 'sha256', hsum: await hashOf(made, 'sha256') }, ''];
}

const SOURCE = { type: 'any', required: true, doc: 'salt://, http(s):// or a path; of a list the first that is there' } as const;
const HASH = { type: 'any', required: true, doc: 'a hash, type=hash, or a file of sums' } as const;
const required = (doc: string) => ({ type: 'any', required: true, doc }) as const;
const SALTENV = { type: 'string', required: true, doc: 'the environment' } as const;
export const CONTENT_ARGS = {
  source: SOURCE,
  source_hash: HASH,
  source_hash_name: { type: 'any', required: true, doc: 'the name to look for in a file of sums' },
} as const;
export const OWNER_ARGS = {
  user: required('the owner'),
  group: required('the group'),
  mode: required('the mode, in octal'),
  attrs: required('the flags of the file system, as of chattr'),
} as const;
export const TEMPLATE_ARGS = {
  context: required('variables of the template'),
  defaults: required('variables where context has none'),
} as const;

export const sourcing = {
  source_list: call({
    doc: 'The first of several sources that is there, with its hash.',
    examples: [`tsalt '*' file.source_list salt://http/httpd.conf '{hash_type: md5, hsum: abc}' base`],
    args: { source: SOURCE, source_hash: HASH, saltenv: SALTENV },
    changes: false,
    run: (ctx, args) => firstSource(ctx, args.source, args.source_hash, args.saltenv),
  }),
  apply_template_on_contents: call({
    doc: 'Render a text by an engine.',
    examples: [
      "tsalt '*' file.apply_template_on_contents contents='This is a {{ template }}.' template=jinja context={} defaults={'template':'cookie'} saltenv=base",
    ],
    args: {
      contents: { type: 'any', required: true, doc: 'the text' },
      template: { type: 'string', required: true, doc: 'the engine' },
      ...TEMPLATE_ARGS,
      saltenv: SALTENV,
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      if (!ENGINES.includes(args.template))
        return { result: false, comment: `Specified template format ${args.template} is not supported` };
      return rendered(ctx, textOf(args.contents), args.template, args.saltenv, variables(args.defaults, args.context));
    },
  }),
  get_managed: call({
    doc: 'Bring the source of a managed file here and render it; returns where it lies, its hash, and what is wrong.',
    examples: [
      "tsalt '*' file.get_managed /etc/httpd/conf.d/httpd.conf jinja salt://http/httpd.conf '{hash_type: md5, hsum: abc}' None root root '755' None base None None",
    ],
    args: {
      name: { type: 'string', required: true, doc: 'the file to be' },
      template: { type: 'any', required: true, doc: 'the engine, or None' },
      ...CONTENT_ARGS,
      ...OWNER_ARGS,
      saltenv: SALTENV,
      ...TEMPLATE_ARGS,
      skip_verify: { type: 'boolean', default: false, doc: 'take the source whatever it hashes to' },
      verify_ssl: { type: 'boolean', default: true, doc: 'verify certificates' },
      use_etag: { type: 'boolean', default: false, doc: 'ask the server whether it changed' },
      ...SIGNED_ARGS,
      ...LENIENCY_ARGS,
      ...SIG_BACKEND,
    },
    extra: 'variables of the template',
    changes: false,
    run: (ctx, args): Promise<Fetched> => fetchSource(ctx, args),
  }),
};
