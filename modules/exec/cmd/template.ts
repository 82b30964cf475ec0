import { CommandFailed, type Ctx } from '../../define.ts';
import type { CommandArgs } from './arguments.ts';
import { isList, wordOf } from './words.ts';

/** The command and its directory as the engine of `template` renders them. Throws what the engine says of them. */
export const renderedArgs = async (ctx: Ctx, args: CommandArgs): Promise<CommandArgs> => {
  if (!args.template) return args;
  if (args.template !== 'jinja') throw new CommandFailed(`Attempted to render file paths with unavailable engine ${args.template}`);
  const { cmd, cwd, saltenv } = args;
  const render = async (text: string): Promise<string> => {
    if (!TAGS.test(text)) return text;
    return wordOf(await ctx.call('slsutil.renderer', [], { string: text, default_renderer: 'jinja', saltenv: saltenv ?? 'base' }));
  };
  return {
    ...args,
    cmd: isList(cmd) ? await Promise.all(cmd.map(async (word) => await render(wordOf(word)))) : await render(wordOf(cmd)),
    ...(cwd == null ? {} : { cwd: await render(wordOf(cwd)) }),
  };
};

/** A text without tags renders to itself. */
const TAGS = /\{[{%#]/;
