import type { Stats } from 'node:fs';
import { lstat, readFile, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { groupId, groupName, userId, userName } from './accounts.ts';
import { hashOf } from './attributes.ts';
import { pythonExpression } from './expressions.ts';
import { globPaths, walk } from './paths.ts';
import { textOf } from './words.ts';

interface Found {
  readonly path: string;
  readonly status: Stats;
}
type Criterion = (found: Found) => boolean | Promise<boolean>;
type Action = (found: Found) => Promise<Returnable | undefined>;

const TYPES: Readonly<Record<string, (status: Stats) => boolean>> = {
  b: (status) => status.isBlockDevice(),
  c: (status) => status.isCharacterDevice(),
  d: (status) => status.isDirectory(),
  f: (status) => status.isFile(),
  l: (status) => status.isSymbolicLink(),
  p: (status) => status.isFIFO(),
  s: (status) => status.isSocket(),
};
const typeLetter = (status: Stats): string => Object.entries(TYPES).find(([, is]) => is(status))?.[0] ?? '?';

/** A wrong option, told as a result and not as a failure: Salt's way. */
class BadOption extends Error {}

const typeCriterion = (letters: string): Criterion => {
  const kinds = [...letters.replace(/[,\s]/g, '')].map((letter) => {
    const kind = TYPES[letter];
    if (kind === undefined) throw new BadOption(`invalid file type "${letter}"`);
    return kind;
  });
  return ({ status }) => kinds.some((kind) => kind(status));
};

const nameCriterion = (glob: string, flags: number): Criterion => {
  const expression = expressionFor(`(?:${glob.replaceAll('.', '\\.').replaceAll('?', '.?').replaceAll('*', '.*')})$`, flags);
  return ({ path }) => expression.exec(basename(path))?.index === 0;
};
const regexCriterion = (regex: string, flags: number): Criterion => {
  const expression = expressionFor(regex, flags);
  return ({ path }) => expression.exec(basename(path))?.index === 0;
};
const expressionFor = (pattern: string, flags = 0): RegExp => {
  try {
    const expression = pythonExpression(pattern, flags);
    return new RegExp(expression.source, expression.flags.replace('g', ''));
  } catch {
    throw new BadOption(`invalid regular expression: "${pattern}"`);
  }
};

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const sizeCriterion = (text: string): Criterion => {
  const [, style, number, unit = ''] = /^\s*([+-]?)\s*(\d+(?:\.\d*)?|\.\d+)\s*([bkmgtBKMGT]?)\s*$/.exec(text) ?? [];
  if (number === undefined) throw new BadOption(`invalid size: "${text}"`);
  const factor = UNITS[unit.toLowerCase()] ?? 1;
  const size = Math.trunc(Number(number) * factor);
  if (style === '+') return ({ status }) => status.size >= size;
  if (style === '-') return ({ status }) => status.size <= size;
  return ({ status }) => status.size >= size && status.size <= size + factor - 1;
};

const SECONDS = [7 * 86400, 86400, 3600, 60, 1] as const;
const mtimeCriterion = (text: string): Criterion => {
  const part = (unit: string) => `(?:(\\d+(?:\\.\\d*)?)\\s*[${unit}${unit.toUpperCase()}])?\\s*`;
  const [whole, sign, ...parts] = new RegExp(`^\\s*([+-]?)\\s*${['w', 'd', 'h', 'm', 's'].map(part).join('')}$`).exec(text) ?? [];
  const given = parts.map((number, index) => [number, SECONDS[index] ?? 1] as const).filter(([number]) => number !== undefined);
  if (whole === undefined || given.length === 0) throw new BadOption(`invalid time interval: '${text}'`);
  const resolution = given.at(-1)?.[1] ?? 1;
  const seconds = given.reduce((total, [number, factor]) => total + Number(number) * factor, 0);
  const since = Date.now() / 1000 - Math.trunc(seconds / resolution) * resolution;
  return ({ status }) => (sign === '-' ? status.mtimeMs / 1000 >= since : status.mtimeMs / 1000 <= since);
};

const ownerCriterion = async (ctx: Ctx, text: string, kind: 'user' | 'group'): Promise<Criterion> => {
  const ids: number[] = [];
  for (const name of text.split(/[,\s]+/).filter((part) => part !== '')) {
    const id = /^\d+$/.test(name) ? Number(name) : await (kind === 'user' ? userId : groupId)(ctx, name);
    if (id === '') throw new BadOption(`no such ${kind} "${name}"`);
    ids.push(id);
  }
  return ({ status }) => ids.includes(kind === 'user' ? status.uid : status.gid);
};

const grepCriterion = (pattern: string): Criterion => {
  const expression = expressionFor(Buffer.from(pattern).toString('latin1'));
  return async ({ path, status }) => status.isFile() && expression.test(await readFile(path, 'latin1'));
};

const criterionFor = (ctx: Ctx, key: string, value: string): Criterion | Promise<Criterion> | undefined => {
  switch (key) {
    case 'name':
      return nameCriterion(value, 0);
    case 'iname':
      return nameCriterion(value, 2);
    case 'regex':
      return regexCriterion(value, 0);
    case 'iregex':
      return regexCriterion(value, 2);
    case 'type':
      return typeCriterion(value);
    case 'size':
      return sizeCriterion(value);
    case 'mtime':
      return mtimeCriterion(value);
    case 'owner':
    case 'user':
      return ownerCriterion(ctx, value, 'user');
    case 'group':
      return ownerCriterion(ctx, value, 'group');
    case 'grep':
      return grepCriterion(value);
    default:
      return undefined;
  }
};

const printer = (ctx: Ctx, text: string): Action => {
  const wanted = text.split(/[,\s]+/).filter((part) => part !== '');
  const fields: Readonly<Record<string, (found: Found) => Returnable | Promise<Returnable>>> = {
    path: ({ path }) => path,
    name: ({ path }) => basename(path),
    size: ({ status }) => status.size,
    type: ({ status }) => typeLetter(status),
    mode: ({ status }) => status.mode & 0o777,
    mtime: ({ status }) => Math.floor(status.mtimeMs / 1000),
    user: ({ status }) => userName(ctx, status.uid),
    group: ({ status }) => groupName(ctx, status.gid),
    md5: ({ path, status }) => (status.isFile() ? hashOf(path, 'md5') : ''),
  };
  return async (found) => {
    const values: Returnable[] = [];
    for (const name of wanted.length === 0 ? ['path'] : wanted) {
      const field = fields[name];
      if (field !== undefined) values.push(await field(found));
    }
    return values.length === 1 ? values[0] : values;
  };
};

/** Deletes what is of the types, and answers its path; what cannot be deleted is left out of the answer. */
const deleter = (types: string, testing: boolean): readonly [Criterion, Action] => [
  typeCriterion(types.includes('a') ? 'bcdpfls' : types),
  async ({ path }) => {
    if (testing) return path;
    return rm(path, { recursive: true }).then(
      () => path,
      () => undefined,
    );
  },
];

const executor =
  (ctx: Ctx, command: string): Action =>
  async ({ path }) => {
    const words = command
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word) => word.replaceAll('{}', path));
    const { stdout, stderr } = await ctx.spawn(words);
    if (stderr.length > 0) ctx.log.error(`Error running command: ${words.join(' ')}\n\n${stderr.toString('utf8')}`);
    return `${command.replaceAll('{}', path)}:\n${stdout.toString('utf8')}\n`;
  };

interface Plan {
  readonly criteria: readonly Criterion[];
  readonly actions: readonly Action[];
  readonly mindepth: number;
  readonly maxdepth: number;
}

const planOf = async (ctx: Ctx): Promise<Plan> => {
  const { mindepth, maxdepth, test, ...given } = ctx.extra;
  const options = Object.entries(given).filter(([key]) => !key.startsWith('_'));
  if (ctx.rest.includes('delete')) options.push(['delete', 'f']);
  else if (ctx.rest.includes('print')) options.push(['print', 'path']);
  const criteria: Criterion[] = [];
  const actions: Action[] = [];
  for (const [key, value] of options) {
    if (!value) throw new BadOption(`missing value for "${key}" option`);
    const text = textOf(value);
    const criterion = await criterionFor(ctx, key, text);
    if (criterion !== undefined) criteria.push(criterion);
    else if (key === 'print') actions.push(printer(ctx, text));
    else if (key === 'exec') actions.push(executor(ctx, text));
    else if (key === 'delete') {
      const [kind, action] = deleter(text, Boolean(test) || ctx.testing);
      criteria.push(kind);
      actions.push(action);
    } else throw new BadOption(`invalid option "${key}"`);
  }
  return {
    criteria,
    actions: actions.length === 0 ? [printer(ctx, '')] : actions,
    mindepth: Number(mindepth ?? 0),
    maxdepth: Number(maxdepth ?? Number.POSITIVE_INFINITY),
  };
};

const visit = async (plan: Plan, path: string): Promise<Returnable[]> => {
  const status = await stat(path).catch(() => lstat(path).catch(() => undefined));
  if (status === undefined) return [];
  for (const criterion of plan.criteria) if (!(await criterion({ path, status }))) return [];
  const results: Returnable[] = [];
  for (const action of plan.actions) {
    const result = await action({ path, status });
    if (result !== undefined) results.push(result);
  }
  return results;
};

const search = async (plan: Plan, start: string): Promise<Returnable[]> => {
  // The paths first: an action may delete what is still to be walked.
  const paths = plan.mindepth < 1 ? [start] : [];
  if (plan.maxdepth >= 1) for await (const { path, depth } of walk(start, plan.maxdepth)) if (depth >= plan.mindepth) paths.push(path);
  const results: Returnable[] = [];
  for (const path of paths) results.push(...(await visit(plan, path)));
  return results;
};

const order = (one: Returnable, other: Returnable): number => {
  const [a, b] = [one, other].map((value) => textOf(Array.isArray(value) ? (value[0] ?? '') : value));
  return (a ?? '') < (b ?? '') ? -1 : Number((a ?? '') > (b ?? ''));
};

export const finding = {
  find: call({
    doc: 'Paths below a path (which may be a glob) that fit criteria, or what an action makes of them.',
    examples: [
      `tsalt '*' file.find / type=f name='*.bak' size=+10m`,
      `tsalt '*' file.find /var mtime=+30d size=+10m print=path,size,mtime`,
      `tsalt '*' file.find /var/log name='*.[0-9]' mtime=+30d size=+10m delete`,
    ],
    args: { path: { type: 'string', required: true, doc: 'where to start' } },
    rest: '`delete` or `print`',
    extra: 'name, iname, regex, iregex, type, owner, group, size, mtime, grep; mindepth, maxdepth; print, delete, exec',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      try {
        const plan = await planOf(ctx);
        const found: Returnable[] = [];
        for (const start of await globPaths(args.path)) found.push(...(await search(plan, start)));
        return found.sort(order);
      } catch (failure) {
        if (failure instanceof BadOption) return `error: ${failure.message}`;
        throw failure instanceof CommandFailed
          ? failure
          : new CommandFailed(`file.find: ${failure instanceof Error ? failure.message : failure}`);
      }
    },
  }),
};
