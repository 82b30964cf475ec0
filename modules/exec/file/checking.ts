import { tmpdir } from 'node:os';
import { type Ctx, call, type Returnable } from '../../define.ts';
import { statsOf } from './attributes.ts';
import { bytesOf, difference, hidesTemplates, isLenient, LENIENCY_ARGS, type Leniency } from './compare.ts';
import { flagChanges } from './flags.ts';
import { type Permissions, SELINUX_ARGS } from './permissions.ts';
import { selinuxContext } from './selinux.ts';
import { CONTENT_ARGS, discardDraft, fetchSource, firstSource, type Managed, OWNER_ARGS, TEMPLATE_ARGS } from './sources.ts';
import type { Sum } from './sums.ts';
import { modeWord, textOf } from './words.ts';

const FOLLOW = { type: 'boolean', default: false, doc: 'look at what a link points to' } as const;

type Changes = Record<string, Returnable>;
interface Looked extends Permissions, Leniency {
  readonly source?: Returnable | undefined;
  readonly saltenv: string;
  readonly contents?: Returnable | undefined;
  readonly new_file_diff?: boolean;
}

/** What of a file is not as wanted; `counts` is whether a difference of content counts where some are to be ignored. */
const metaChanges = async (
  ctx: Ctx,
  name: string,
  sfn: string,
  sum: Sum | Record<string, never>,
  wanted: Looked,
): Promise<{ readonly changes: Changes; readonly counts: boolean }> => {
  const changes: Changes = {};
  const has = await statsOf(ctx, name, wanted.follow_symlinks ?? false, sum['hash_type']).catch(() => undefined);
  if (has === undefined && !wanted.new_file_diff) return { changes: { newfile: name }, counts: true };
  const before = has === undefined ? Buffer.alloc(0) : undefined;
  let counts = false;
  if ('hsum' in sum && sum['hsum'] !== has?.['sum']) {
    const content = sfn || (await cachedSource(ctx, wanted));
    if (content === '') changes['sum'] = 'Checksum differs';
    else {
      const found = difference(before ?? (await bytesOf(name)), await bytesOf(content), wanted);
      counts = found.counts;
      changes['diff'] = hidesTemplates(ctx) && has !== undefined ? '<Obfuscated Template>' : found.text;
    }
  }
  if (wanted.contents != null) {
    const bytes = wanted.contents instanceof Uint8Array ? wanted.contents : Buffer.from(textOf(wanted.contents));
    const found = difference(before ?? (await bytesOf(name)), bytes, wanted);
    counts = found.counts;
    if (found.text !== '') changes['diff'] = hidesTemplates(ctx) ? '<Obfuscated Template>' : found.text;
  }
  if (has !== undefined) Object.assign(changes, await ownerChanges(ctx, name, has, wanted));
  return { changes, counts };
};

async function cachedSource(ctx: Ctx, wanted: Looked): Promise<string> {
  if (!wanted.source) return '';
  const cached = await ctx.call('cp.cache_file', [wanted.source, wanted.saltenv]);
  return typeof cached === 'string' ? cached : '';
}

async function ownerChanges(ctx: Ctx, name: string, has: Awaited<ReturnType<typeof statsOf>>, wanted: Permissions): Promise<Changes> {
  const { user, group, attrs } = wanted;
  const mode = modeWord(wanted.mode);
  const changes: Changes = {};
  if (user != null && user !== has.user && user !== has.uid) changes['user'] = user;
  if (group != null && group !== has.group && group !== has.gid) changes['group'] = group;
  if (mode !== undefined && mode !== has.mode) changes['mode'] = mode;
  if (attrs) {
    const flags = await flagChanges(ctx, name, textOf(attrs));
    if (flags !== undefined && (flags.added !== '' || flags.removed !== '')) changes['attrs'] = attrs;
  }
  const asked = { user: wanted.seuser, role: wanted.serole, type: wanted.setype, range: wanted.serange };
  const present = Object.values(asked).some(Boolean) ? (await selinuxContext(ctx, name)).split(':') : [];
  for (const [index, [part, value]] of Object.entries(asked).entries())
    if (value && value !== present[index]) changes['selinux'] = { [part]: value };
  return changes;
}

/** The changes that a managed file needs, or a text that says why its content is not to be had. */
const managedChanges = async (
  ctx: Ctx,
  args: Managed & Looked,
  keepMode: boolean,
): Promise<Changes | readonly [boolean, Changes] | string> => {
  const [source, source_hash] = await firstSource(ctx, args.source, args.source_hash, args.saltenv);
  const given = { ...args, source, source_hash };
  const [sfn, sum, wrong] = args.contents == null ? await fetchSource(ctx, given) : (['', {}, ''] as const);
  try {
    if (wrong !== '') return wrong;
    const mode = keepMode && sfn !== '' ? await ctx.call('cp.stat_file', [source], { saltenv: args.saltenv, octal: true }) : args.mode;
    const { changes, counts } = await metaChanges(ctx, args.name, sfn, sum, { ...given, mode });
    return isLenient(args) ? [counts, changes] : changes;
  } finally {
    await discardDraft(sfn);
  }
};

const MANAGED = {
  name: { type: 'string', required: true, doc: 'the file' },
  ...CONTENT_ARGS,
  ...OWNER_ARGS,
  template: { type: 'any', required: true, doc: 'the engine, or None' },
  ...TEMPLATE_ARGS,
  saltenv: { type: 'string', required: true, doc: 'the environment' },
  contents: { type: 'any', doc: 'the content itself' },
  skip_verify: { type: 'boolean', default: false, doc: 'take the source whatever it hashes to' },
} as const;
const NEW_FILE_DIFF = { type: 'boolean', default: false, doc: 'show the content of a new file as a difference' } as const;
const NO_LENIENCY = { ignore_ordering: false, ignore_whitespace: false };

export const checking = {
  check_managed: call({
    doc: 'Whether a managed file is as it should be: True, or None with what would change, or False with what is wrong.',
    examples: [
      "tsalt '*' file.check_managed /etc/httpd/conf.d/httpd.conf salt://http/httpd.conf '{hash_type: md5, hsum: abc}' None root root '755' None jinja None None base",
    ],
    args: { ...MANAGED, ...SELINUX_ARGS, follow_symlinks: FOLLOW },
    extra: 'variables of the template',
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const found = await managedChanges(ctx, { ...args, ...NO_LENIENCY }, false);
      if (typeof found === 'string') return [false, found];
      const inTemp = args.name.startsWith(tmpdir()) ? ['user', 'group', 'mode'] : [];
      const lines = Object.entries(found).filter(([key]) => !inTemp.includes(key));
      if (lines.length === 0) return [true, `The file ${args.name} is in the correct state`];
      const told = lines.map(([key, value]) => `${key}: ${textOf(value)}\n`).join('');
      return [null, `The following values are set to be changed:\n${told}`];
    },
  }),
  check_managed_changes: call({
    doc: 'What would change of a managed file.',
    examples: [
      "tsalt '*' file.check_managed_changes /etc/httpd/conf.d/httpd.conf salt://http/httpd.conf '{hash_type: md5, hsum: abc}' None root root '755' None jinja None None base",
    ],
    args: {
      ...MANAGED,
      keep_mode: { type: 'boolean', default: false, doc: 'the mode is that of the source' },
      ...SELINUX_ARGS,
      verify_ssl: { type: 'boolean', default: true, doc: 'verify certificates' },
      follow_symlinks: FOLLOW,
      ...LENIENCY_ARGS,
      new_file_diff: NEW_FILE_DIFF,
    },
    extra: 'variables of the template',
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const found = await managedChanges(ctx, args, args.keep_mode);
      return typeof found === 'string' ? [false, found] : found;
    },
  }),
  check_file_meta: call({
    doc: 'What of a file is not as wanted: content, owner, group, mode, flags.',
    examples: [
      "tsalt '*' file.check_file_meta /etc/httpd/conf.d/httpd.conf None salt://http/httpd.conf '{hash_type: md5, hsum: abc}' root root '755' None base",
    ],
    args: {
      name: { type: 'string', required: true, doc: 'the file' },
      sfn: { type: 'any', required: true, doc: 'where the content lies here' },
      source: CONTENT_ARGS.source,
      source_sum: { type: 'any', required: true, doc: 'its hash_type and hsum' },
      ...OWNER_ARGS,
      saltenv: { type: 'string', required: true, doc: 'the environment' },
      contents: { type: 'any', doc: 'the content itself' },
      ...SELINUX_ARGS,
      verify_ssl: { type: 'boolean', default: true, doc: 'verify certificates' },
      follow_symlinks: FOLLOW,
      ...LENIENCY_ARGS,
      new_file_diff: NEW_FILE_DIFF,
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const sum = typeof args.source_sum === 'object' && args.source_sum !== null ? (args.source_sum as Sum) : {};
      const { changes, counts } = await metaChanges(ctx, args.name, args.sfn ? textOf(args.sfn) : '', sum, args);
      return isLenient(args) ? [counts, changes] : changes;
    },
  }),
};
