import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ctx, call, execModule } from '../../../define.ts';
import { UNUSED } from '../calls.ts';
import { apt, text } from './run.ts';

const NEEDED = 'debconf-get-selections';
const ENV = { type: 'string', default: 'base', doc: 'the environment of the file' } as const;

/** Question, type and answer of each line, by package. */
export const parseAnswers = (output: string, fetchEmpty: boolean): Record<string, string[][]> => {
  const answers: Record<string, string[][]> = {};
  for (const [, name = '', question = '', type = '', value = ''] of output.matchAll(/^([^#]\S+)[\t ]+(\S+)[\t ]+(\S+)[\t ]+([^\n]*)$/gm))
    if (fetchEmpty || value !== '') answers[name] = [...(answers[name] ?? []), [question, type, value]];
  return answers;
};

const answers = async (ctx: Ctx, fetchEmpty: boolean): Promise<Record<string, string[][]>> => {
  const ran = await apt(ctx, [NEEDED]);
  if (ran.code !== 0) ctx.retcode(ran.code);
  return parseAnswers(text(ran.stdout), fetchEmpty);
};

const setFrom = async (ctx: Ctx, path: string): Promise<void> => {
  const ran = await apt(ctx, ['debconf-set-selections', path]);
  if (ran.code !== 0) ctx.retcode(ran.code);
};

/** Answers may be passwords: they go by a file that only root can read, not by the command line. */
const setLines = async (ctx: Ctx, lines: string): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'debconf-'));
  try {
    await writeFile(join(folder, 'answers'), lines, { mode: 0o600 });
    await setFrom(ctx, join(folder, 'answers'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const setFile = async (ctx: Ctx, path: string, saltenv: string): Promise<boolean> => {
  const cached = await ctx.call('cp.cache_file', [path, saltenv]);
  if (typeof cached !== 'string' || cached === '') return false;
  await setFrom(ctx, cached);
  return true;
};

export default execModule({
  name: 'debconf',
  doc: 'Answers to the questions that packages ask.',
  serves: (host) => {
    if (host.osFamily !== 'Debian') return 'The debconfmod module could not be loaded: unsupported OS family';
    return host.which(NEEDED) !== undefined || 'The debconfmod module could not be loaded: debconf-utils is not installed.';
  },
  calls: {
    get_selections: call({
      doc: 'All answers, by package: question, type and value each.',
      examples: ["tsalt '*' debconf.get_selections"],
      args: { fetchempty: { type: 'boolean', default: true, doc: 'also those without a value' } },
      changes: false,
      run: (ctx, { fetchempty }) => answers(ctx, fetchempty),
    }),
    show: call({
      doc: 'The answers of one package; None if there are none.',
      examples: ["tsalt '*' debconf.show <package name>"],
      args: { name: { type: 'string', required: true, doc: 'the package' } },
      changes: false,
      run: async (ctx, { name }) => (await answers(ctx, true))[name] ?? null,
    }),
    set: call({
      doc: 'Answer one question.',
      examples: ["tsalt '*' debconf.set <package> <question> <type> <value> [<value> ...]"],
      args: {
        package: { type: 'string', required: true, doc: 'the package' },
        question: { type: 'string', required: true, doc: 'the question' },
        type: { type: 'string', required: true, doc: '`string`, `select`, `boolean`, ...' },
        value: { type: 'string', required: true, doc: 'the answer' },
      },
      rest: 'further words of the answer',
      changes: true,
      async run(ctx, args) {
        await setLines(ctx, [args.package, args.question, args.type, args.value, ...ctx.rest].join(' '));
        return true;
      },
    }),
    set_template: call({
      doc: 'Set the answers of a template.',
      examples: [`tsalt '*' debconf.set_template salt://pathto/pkg.selections.jinja jinja context='{"a": 1}' defaults=None`],
      args: {
        path: { type: 'string', required: true, doc: 'the template' },
        template: { type: 'string', required: true, doc: 'its engine' },
        context: { type: 'any', required: true, doc: 'variables' },
        defaults: { type: 'any', required: true, doc: 'variables where there are none' },
        saltenv: ENV,
      },
      extra: UNUSED,
      changes: true,
      async run(ctx, { path, template, context, defaults, saltenv }) {
        const cached = await ctx.call('cp.cache_file', [path, saltenv]);
        if (typeof cached !== 'string' || cached === '') return false;
        const text = await ctx.call('file.apply_template_on_contents', [
          await readFile(cached, 'utf8'),
          template,
          context,
          defaults,
          saltenv,
        ]);
        await setLines(ctx, String(text));
        return true;
      },
    }),
    set_file: call({
      doc: 'Set the answers of a file, as `debconf-get-selections` writes them. False if it cannot be fetched.',
      examples: ["tsalt '*' debconf.set_file salt://pathto/pkg.selections"],
      args: { path: { type: 'string', required: true, doc: 'the file' }, saltenv: ENV },
      extra: UNUSED,
      changes: true,
      run: (ctx, { path, saltenv }) => setFile(ctx, path, saltenv),
    }),
  },
});
