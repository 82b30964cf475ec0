import { compileTarget } from '../../kernel/targeting/compile.ts';
import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { isTree, merged, type Tree } from './path.ts';
import type { Ports } from './ports.ts';

interface How {
  readonly tgt_type: string;
  readonly minion_id?: string | undefined;
  readonly merge?: Returnable | undefined;
  readonly merge_lists: boolean;
}
const KINDS = ['glob', 'pcre', 'list', 'grain', 'grain_pcre', 'pillar', 'pillar_pcre', 'ipcidr', 'data', 'compound'];

const TARGET = { type: 'any', required: true, doc: 'the target' } as const;
const ID = { type: 'string', doc: 'an id instead of that of this minion' } as const;
const DELIMITER = { type: 'string', default: ':', doc: 'between the levels of a path' } as const;

/** Whether this minion matches a target. */
export default function match(ports: Ports) {
  const matches = (ctx: Ctx, kind: string, target: Returnable, delimiter: string, id = ports.id): boolean => {
    const expression = Array.isArray(target) ? target.map(String) : String(target);
    try {
      return compileTarget({ kind, expression, delimiter }).matches({ id, grains: ports.grains.items, pillar: ports.pillar.items });
    } catch (error) {
      if (!KINDS.includes(kind)) throw new CommandFailed(messageOf(error));
      // As in Salt: a target that cannot be read matches nothing.
      ctx.log.error(messageOf(error));
      return false;
    }
  };
  const chosen = (ctx: Ctx, lookup: Tree, how: How): Returnable | undefined => {
    const key = Object.keys(lookup).find((target) => target !== '' && matches(ctx, how.tgt_type, target, ':', how.minion_id));
    const entry = key === undefined ? undefined : (lookup[key] ?? null);
    if (entry === undefined || how.merge === undefined || how.merge === null) return entry;
    if (!isTree(how.merge)) throw new CommandFailed('filter_by merge argument must be a dictionary.');
    return entry === null ? how.merge : merged(entry, how.merge, how.merge_lists);
  };
  const byId = (kind: string, example: string) =>
    call({
      doc: `Whether the minion's id matches by ${kind}.`,
      examples: [`tsalt '*' match.${kind} '${example}'`],
      args: { tgt: TARGET, minion_id: ID },
      changes: false,
      run: (ctx, { tgt, minion_id }) => matches(ctx, kind, tgt, ':', minion_id),
    });
  const byData = (kind: string, example: string) =>
    call({
      doc: `Whether this minion matches by ${kind}.`,
      examples: [`tsalt '*' match.${kind} '${example}'`],
      args: { tgt: TARGET, delimiter: DELIMITER },
      changes: false,
      run: (ctx, { tgt, delimiter }) => matches(ctx, kind, tgt, delimiter),
    });

  const byTarget = (kind: string, example: string) =>
    call({
      doc: `Whether this minion matches by ${kind}.`,
      examples: [`tsalt '*' match.${kind} '${example}'`],
      args: { tgt: TARGET },
      changes: false,
      run: (ctx, { tgt }) => matches(ctx, kind, tgt, ':'),
    });

  return execModule({
    name: 'match',
    doc: 'Whether this minion matches a target.',
    calls: {
      glob: byId('glob', 'web*'),
      pcre: byId('pcre', 'web[0-9]+'),
      list: byId('list', 'web1,web2'),
      compound: byId('compound', 'G@os:Debian and web*'),
      grain: byData('grain', 'os:Debian'),
      grain_pcre: byData('grain_pcre', 'os:Deb.*'),
      pillar: byData('pillar', 'role:web'),
      pillar_pcre: byData('pillar_pcre', 'role:w.*'),
      ipcidr: byTarget('ipcidr', '192.0.2.0/24'),
      data: byTarget('data', 'role:web'),
      filter_by: call({
        doc: 'The entry of a map whose key, a target, this minion matches.',
        examples: [`tsalt '*' match.filter_by "{'web*': 1, 'db*': 2}"`],
        args: {
          lookup: { type: 'map', required: true, doc: 'by target' },
          tgt_type: { type: 'string', default: 'compound', doc: 'how the keys are meant' },
          minion_id: ID,
          merge: { type: 'any', doc: 'a map put over the entry' },
          merge_lists: { type: 'boolean', default: false, doc: 'append lists inside' },
          default: { type: 'string', default: 'default', doc: 'the key where none matches' },
        },
        changes: false,
        run(ctx, args) {
          const found = chosen(ctx, args.lookup, args);
          return found === undefined ? (args.lookup[args.default] ?? null) : found;
        },
      }),
      ifelse: call({
        doc: 'Of pairs of a target and a value, the value of the first target this minion matches; the last one else.',
        examples: ["tsalt '*' match.ifelse 'web*' apache 'db*' postgres nothing"],
        args: {
          tgt_type: { type: 'string', default: 'compound', only: 'keyword', doc: 'how the targets are meant' },
          minion_id: { ...ID, only: 'keyword' },
          merge: { type: 'any', only: 'keyword', doc: 'a map put over the value' },
          merge_lists: { type: 'boolean', default: false, only: 'keyword', doc: 'append lists inside' },
        },
        rest: 'targets and values in turn, and the value where none matches',
        changes: false,
        run(ctx, args) {
          const fallback = ctx.rest.at(-1);
          if (ctx.rest.length % 2 === 0 || fallback === undefined)
            throw new CommandFailed('The ifelse function must have an odd number of arguments!');
          for (let at = 0; at + 1 < ctx.rest.length; at += 2) {
            const [target = null, value = null] = ctx.rest.slice(at, at + 2);
            const named = target === true ? '*' : String(target);
            const found = target === false ? undefined : chosen(ctx, { [named]: value }, args);
            if (found !== undefined) return found;
          }
          return fallback;
        },
      }),
      search_by: call({
        doc: 'The keys of a map in whose targets this minion is.',
        examples: [`tsalt '*' match.search_by "{'web': ['web*'], 'db': ['db*']}"`],
        args: {
          lookup: { type: 'map', required: true, doc: 'lists of targets, by name' },
          tgt_type: { type: 'string', default: 'compound', doc: 'how they are meant' },
          minion_id: ID,
        },
        changes: false,
        run(ctx, { lookup, tgt_type, minion_id }) {
          const found = Object.entries(lookup).filter(([, targets]) =>
            [targets].flat().some((target) => matches(ctx, tgt_type, target as Returnable, ':', minion_id)),
          );
          return found.length === 0 ? null : found.map(([name]) => name);
        },
      }),
    },
  });
}
