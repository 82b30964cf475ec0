import { CommandNotFound, type Ctx, call, type Returnable } from '../../define.ts';

/** What a program prints, with its return code for the job. @throws CommandNotFound */
const output = async (ctx: Ctx, argv: readonly [string, ...string[]]): Promise<string> => {
  if (ctx.host.which(argv[0]) === undefined) throw new CommandNotFound(`The '${argv[0]}' binary was not found in $PATH.`);
  const { code, stdout } = await ctx.spawn(argv, { mergeStderr: true });
  ctx.retcode(code);
  return stdout.toString('utf8').trimEnd();
};
const linesOf = (text: string): string[] => text.split('\n');
const name = { type: 'string', required: true, doc: 'what to look for' } as const;

/** A tool's lines that hold the name. */
const listing = (fun: string, argv: readonly [string, ...string[]]) =>
  call({
    doc: `The lines of \`${argv.join(' ')}\` that hold a text.`,
    examples: [`tsalt '*' ps.${fun} apache2`],
    args: { name },
    changes: false,
    run: async (ctx, args): Promise<Returnable> => [args.name, linesOf(await output(ctx, argv)).filter((line) => line.includes(args.name))],
  });

export const toolCalls = {
  lsof: call({
    doc: 'What `lsof -c` prints for a command.',
    examples: ["tsalt '*' ps.lsof apache2"],
    args: { name },
    changes: false,
    run: async (ctx, args) => [args.name, await output(ctx, ['lsof', '-c', ...args.name.split(/\s+/).filter((word) => word !== '')])],
  }),
  netstat: listing('netstat', ['netstat', '-nap']),
  ss: listing('ss', ['ss', '-neap']),
  psaux: call({
    doc: 'The lines of `ps aux` that an expression fits, and how many there are.',
    examples: ["tsalt '*' ps.psaux www-data.+apache2"],
    args: { name },
    changes: false,
    async run(ctx, args) {
      const expression = new RegExp(args.name);
      const found = linesOf(await output(ctx, ['ps', 'aux'])).filter((line) => expression.test(line) && !/salt.+ps\.psaux.+/.test(line));
      return [args.name, found, `${found.length} occurrence(s).`];
    },
  }),
};
