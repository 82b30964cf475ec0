import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { output, program, wordOf } from './commands.ts';

/** A job that waits. `tag` is a word of ours, kept in a comment of its script. */
interface Job {
  readonly job: number;
  readonly date: string;
  readonly time: string;
  readonly queue: string;
  readonly user: string;
  readonly tag: string;
}

const stdoutOf = async (ctx: Ctx, tool: string, ...argv: readonly string[]): Promise<string> =>
  String(await ctx.call('cmd.run_stdout', [[program(ctx, tool), ...argv]], { python_shell: false }));

async function waiting(ctx: Ctx): Promise<Job[]> {
  const isRedHat = ctx.host.osFamily === 'RedHat';
  const text = isRedHat ? await stdoutOf(ctx, 'at', '-l') : await stdoutOf(ctx, 'atq');
  const jobs = [];
  for (const line of text.split('\n').filter((line) => line !== '')) {
    const [number = '', spec = ''] = line.split('\t');
    const words = spec.trim().split(/\s+/);
    const [date = '', time = '', queue = '', user = ''] = /^\d{4}-/.test(words[0] ?? '') ? words : [...whenOf(words), ...words.slice(5)];
    const script = await stdoutOf(ctx, 'at', '-c', number);
    // The last mark counts: the environment stands above the commands, and may hold anything.
    const tag = [...script.matchAll(/^### SALT: (\w+)/gm)].at(-1)?.[1] ?? '';
    jobs.push({ job: Number(number), date, time, queue, user, tag });
  }
  return jobs;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Tue Jan 2 03:04:00 2024` as date and time; at(1) knows no seconds. */
function whenOf([, month = '', day = '', time = '', year = '']: readonly string[]): [string, string] {
  const number = MONTHS.indexOf(month) + 1;
  if (number === 0) throw new CommandFailed(`at: atq told a date that is not understood: ${month} ${day} ${time} ${year}`);
  return [`${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')}`, `${time.slice(0, 5)}:00`];
}

const asResult = (jobs: readonly Job[]): Returnable => ({ jobs: jobs.map((job) => ({ ...job })) });
const isTagged = (job: Job, tag: Returnable | undefined): boolean => !tag || tag === job.tag || tag === job.job;

/** What the caller asked for by keyword, without what the publication adds. */
const asked = (ctx: Ctx): Record<string, Returnable> =>
  Object.fromEntries(Object.entries(ctx.extra).filter(([key]) => !key.startsWith('__')));

async function add(ctx: Ctx, [when = '', ...words]: readonly string[]): Promise<Returnable> {
  const { tag, runas } = asked(ctx);
  const script = `${tag === undefined ? '' : `### SALT: ${wordOf(tag)}\n`}${words.join(' ')}\n`;
  const options = { stdin: script, ...(runas === undefined ? {} : { runas }) };
  const told = await output(ctx, [program(ctx, 'at'), when], options);
  if (told.endsWith('Garbled time')) return { jobs: [], error: 'invalid timespec' };
  const [, number] = /^job (\d+) at /m.exec(told) ?? [];
  if (number === undefined) throw new CommandFailed(`at did not take the job: ${told}`);
  return asResult((await waiting(ctx)).filter(({ job }) => job === Number(number)));
}

async function remove(ctx: Ctx, wanted: readonly string[]): Promise<Returnable> {
  if (wanted.length === 0) return { jobs: { removed: [], tag: null } };
  const isAll = wanted[0] === 'all';
  const tag = isAll ? wanted[1] : undefined;
  const jobs = await waiting(ctx);
  const meant = jobs.filter((job) => (isAll ? isTagged(job, tag) : wanted.includes(String(job.job)))).map(({ job }) => String(job));
  if (meant.length > 0) await stdoutOf(ctx, 'at', '-d', ...meant);
  return { jobs: { removed: meant, tag: tag ?? null } };
}

/** Where each condition of at.jobcheck looks. */
const PARTS: Readonly<Record<string, (job: Job) => string>> = {
  runas: ({ user }) => user,
  tag: ({ tag }) => tag,
  hour: ({ time }) => time.slice(0, 2),
  minute: ({ time }) => time.slice(3, 5),
  day: ({ date }) => date.slice(8, 10),
  month: ({ date }) => date.slice(5, 7),
  year: ({ date }) => date.slice(0, 4),
};

const isMeant = (job: Job, conditions: Readonly<Record<string, Returnable>>): boolean =>
  Object.entries(PARTS).every(([key, part]) => !conditions[key] || part(job) === spelled(key, wordOf(conditions[key])));

const spelled = (key: string, text: string): string => {
  if (key === 'year') return text.length === 2 ? `20${text}` : text;
  return key === 'runas' || key === 'tag' ? text : text.padStart(2, '0');
};

export default execModule({
  name: 'at',
  doc: 'Jobs that run once, later, by at(1).',
  serves: (host) => host.which('at') !== undefined || 'The at module could not be loaded: at command not found',
  calls: {
    atq: call({
      doc: 'The jobs that wait: all, or those of a tag or number.',
      examples: ["tsalt '*' at.atq", "tsalt '*' at.atq [tag]", "tsalt '*' at.atq [job number]"],
      args: { tag: { type: 'any', doc: 'a tag or number' } },
      changes: false,
      run: async (ctx, args) => asResult((await waiting(ctx)).filter((job) => isTagged(job, args.tag))),
    }),
    atrm: call({
      doc: 'Remove jobs by their numbers; `all`, or `all` of a tag.',
      examples: ["tsalt '*' at.atrm <jobid> <jobid> .. <jobid>", "tsalt '*' at.atrm all", "tsalt '*' at.atrm all [tag]"],
      args: {},
      rest: 'numbers, or `all` and perhaps a tag',
      changes: true,
      run: (ctx) => remove(ctx, ctx.rest.map(wordOf)),
    }),
    at: call({
      doc: 'Add a job: how it waits.',
      examples: [
        "tsalt '*' at.at 12:05am '/sbin/reboot' tag=reboot",
        "tsalt '*' at.at '3:05am +3 days' 'bin/myscript' tag=nightly runas=jim",
      ],
      args: {},
      rest: 'when, and the words of the command',
      extra: 'tag: a word to find it by; runas: the user',
      changes: true,
      run: (ctx) => (ctx.rest.length < 2 ? { jobs: [] } : add(ctx, ctx.rest.map(wordOf))),
    }),
    atc: call({
      doc: 'The script of a job.',
      examples: ["tsalt '*' at.atc <jobid>"],
      args: { jobid: { type: 'any', required: true, doc: 'its number' } },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        const script = await stdoutOf(ctx, 'at', '-c', wordOf(args.jobid));
        return script === '' ? { error: `invalid job id '${wordOf(args.jobid)}'` } : script;
      },
    }),
    jobcheck: call({
      doc: 'The jobs that wait and meet all conditions.',
      examples: ["tsalt '*' at.jobcheck runas=jam day=13", "tsalt '*' at.jobcheck hour=20 minute=5"],
      args: {},
      extra: 'runas, tag, hour, minute, day, month, year',
      changes: false,
      async run(ctx): Promise<Returnable> {
        const conditions = asked(ctx);
        if (Object.keys(conditions).length === 0) return { error: 'You have given a condition' };
        const all = await waiting(ctx);
        const jobs = all.filter((job) => isMeant(job, conditions));
        if (jobs.length === 0 && all.length > 0) return { jobs: [], note: 'No match jobs or time format error' };
        return asResult(jobs);
      },
    }),
  },
});
