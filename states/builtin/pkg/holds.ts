import type { Returnable } from '../../../modules/define.ts';
import type { Outcome } from '../../define.ts';

/** What `pkg.hold` and `pkg.unhold` answer for each package. */
export interface Held {
  readonly name: string;
  readonly result: boolean | null;
  readonly comment: string;
  readonly changes: Readonly<Record<string, Returnable>>;
}
export interface Holds {
  readonly changed: readonly Held[];
  readonly kept: readonly Held[];
  readonly failed: readonly Held[];
}

export function holdsOf(answer: Returnable): Holds {
  const all = Object.values(answer as unknown as Readonly<Record<string, Held>>);
  const changes = ({ changes }: Held): boolean => Object.keys(changes).length > 0;
  return {
    changed: all.filter(changes),
    kept: all.filter((held) => !changes(held) && held.result === true),
    failed: all.filter(({ result }) => result !== true),
  };
}

/** An outcome of packages that are as they should be, with what came of holding them. */
export function withHolds(outcome: Outcome, { changed, kept, failed }: Holds): Outcome {
  const all = [...changed, ...kept, ...failed];
  return {
    ...outcome,
    result: all.at(-1)?.result ?? (all.length > 0 ? null : outcome.result),
    comment: [outcome.comment, ...all.map(({ comment }) => comment)].join('.\n'),
    changes: { ...outcome.changes, ...Object.fromEntries(changed.map(({ name, changes }) => [name, changes])) },
  };
}

/** The changes of an installation, with those of holding what was installed. */
export function mergeHolds(changes: Record<string, Returnable>, changed: readonly Held[]): void {
  const joined = (...texts: readonly Returnable[]): string =>
    texts
      .map(String)
      .filter((text, index) => index > 0 || text !== '')
      .join('\n');
  for (const { name, changes: held } of changed) {
    const was = changes[name] as Readonly<Record<string, Returnable>> | undefined;
    const [before, after] = [held['old'] ?? 'None', held['new'] ?? ''];
    changes[name] =
      was === undefined ? { new: String(after) } : { new: joined(was['new'] ?? '', after), old: joined(was['old'] ?? '', before) };
  }
}
