import { type ArgsOf, type ArgTable, call, type Returnable } from '../../define.ts';
import { type Given, git, refuseOthers } from './run.ts';

interface Command<A extends ArgTable> {
  readonly doc: string;
  readonly example: string;
  readonly args: A;
  readonly changes: boolean;
  /** stderr is part of what is returned. */
  readonly joined?: boolean;
  /** Its `**kwargs`, none of which it takes. */
  readonly extra?: string;
  words(args: ArgsOf<A>): readonly string[];
  /** What is made of what git prints; the text itself without it. */
  answer?(output: string, args: ArgsOf<A>): Returnable;
}

/** A call that runs one git command. */
export const command = <const A extends ArgTable>(definition: Command<A>) =>
  call<A>({
    doc: definition.doc,
    examples: [`tsalt '*' git.${definition.example}`],
    args: definition.args,
    changes: definition.changes,
    ...(definition.extra === undefined ? {} : { extra: definition.extra }),
    async run(ctx, args): Promise<Returnable> {
      refuseOthers(ctx);
      const output = await git(ctx, args as Given, definition.words(args), { joined: definition.joined ?? false });
      return definition.answer === undefined ? output : definition.answer(output, args);
    },
  });

export const text = (doc: string) => ({ type: 'string', doc }) as const;
export const needed = (doc: string) => ({ type: 'string', required: true, doc }) as const;
export const flag = (doc: string) => ({ type: 'boolean', default: false, doc }) as const;
/** Whether options hold one of these words. */
export const has = (options: readonly string[], ...wanted: readonly string[]): boolean => options.some((word) => wanted.includes(word));
