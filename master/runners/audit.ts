import { call, type ExecModule, execModule } from '../../modules/define.ts';
import type { AuditStore } from '../access/audit/sqlite-audit.ts';

const MOST = 1000;

/** The record of who did what. */
export const auditRunner = (store: Pick<AuditStore, 'search' | 'verify'>): ExecModule =>
  execModule({
    name: 'audit',
    doc: 'The record of who did what, and who was refused.',
    calls: {
      list: call({
        doc: 'List what was done, newest first.',
        examples: ['tsalt-run audit.list', "tsalt-run audit.list user=alice fun='cmd.*' outcome=refused"],
        args: {
          user: { type: 'string', doc: 'only of this user' },
          fun: { type: 'string', doc: 'only these functions; a glob' },
          outcome: { type: 'string', doc: 'only these', choices: ['allowed', 'refused', 'failed'] },
          before: { type: 'number', doc: 'only rows before this one' },
          limit: { type: 'number', default: 100, doc: `how many; ${MOST} at most` },
        },
        changes: false,
        run: (_ctx, { user, fun, outcome, before, limit }) =>
          store
            .search({
              limit: Math.max(0, Math.min(MOST, limit)),
              ...(user === undefined ? {} : { user }),
              ...(fun === undefined ? {} : { fun }),
              ...(outcome === undefined ? {} : { outcome }),
              ...(before === undefined ? {} : { before }),
            })
            .map((row) => ({ ...row })),
      }),
      verify: call({
        doc: 'Check that no row was changed or removed. Keep the head elsewhere: a later check shows whether the chain still goes through it.',
        examples: ['tsalt-run audit.verify'],
        args: {},
        changes: false,
        run: () => {
          const { broken, ...rest } = store.verify();
          return { intact: broken === undefined, ...rest, ...(broken === undefined ? {} : { broken: { ...broken } }) };
        },
      }),
    },
  });
