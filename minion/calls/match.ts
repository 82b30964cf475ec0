import { compileTarget } from '../../kernel/targeting/compile.ts';
import { CommandFailed, call, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { Ports } from './ports.ts';

const TARGET = { type: 'any', required: true, doc: 'the target' } as const;
const ID = { type: 'string', doc: 'an id instead of that of this minion' } as const;
const DELIMITER = { type: 'string', default: ':', doc: 'between the levels of a path' } as const;

/** Whether this minion matches a target. */
export default function match(ports: Ports) {
  const matches = (kind: string, target: Returnable, delimiter: string, id = ports.id): boolean => {
    const expression = Array.isArray(target) ? target.map(String) : String(target);
    try {
      return compileTarget({ kind, expression, delimiter }).matches({ id, grains: ports.grains.items, pillar: ports.pillar.items });
    } catch (error) {
      throw new CommandFailed(messageOf(error));
    }
  };
  const byId = (kind: string, example: string) =>
    call({
      doc: `Whether the minion's id matches by ${kind}.`,
      examples: [`tsalt '*' match.${kind} '${example}'`],
      args: { tgt: TARGET, minion_id: ID },
      changes: false,
      run: (_ctx, { tgt, minion_id }) => matches(kind, tgt, ':', minion_id),
    });
  const byData = (kind: string, example: string) =>
    call({
      doc: `Whether this minion matches by ${kind}.`,
      examples: [`tsalt '*' match.${kind} '${example}'`],
      args: { tgt: TARGET, delimiter: DELIMITER },
      changes: false,
      run: (_ctx, { tgt, delimiter }) => matches(kind, tgt, delimiter),
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
      ipcidr: byData('ipcidr', '192.0.2.0/24'),
      data: byData('data', 'role:web'),
      filter_by: call({
        doc: 'The entry of a map whose key, a target, this minion matches.',
        examples: [`tsalt '*' match.filter_by "{'web*': 1, 'db*': 2}"`],
        args: {
          lookup: { type: 'map', required: true, doc: 'by target' },
          tgt_type: { type: 'string', default: 'compound', doc: 'how the keys are meant' },
          minion_id: ID,
          merge: { type: 'any', doc: 'a map put over the entry' },
          merge_lists: { type: 'boolean', default: false, doc: 'accepted for compatibility' },
          default: { type: 'string', default: 'default', doc: 'the key where none matches' },
        },
        changes: false,
        run(_ctx, args) {
          const key = Object.keys(args.lookup).find(
            (target) => target !== args.default && matches(args.tgt_type, target, ':', args.minion_id),
          );
          const entry = args.lookup[key ?? args.default] ?? null;
          return args.merge === undefined || args.merge === null ? entry : { ...(entry as object), ...(args.merge as object) };
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
        run(_ctx, { lookup, tgt_type, minion_id }) {
          const found = Object.entries(lookup).filter(([, targets]) =>
            [targets].flat().some((target) => matches(tgt_type, target as Returnable, ':', minion_id)),
          );
          return found.length === 0 ? null : found.map(([name]) => name);
        },
      }),
    },
  });
}
