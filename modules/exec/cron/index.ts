import { call, execModule, type Returnable } from '../../define.ts';
import { readTab, readText, writeFile, writeTab } from './crontab.ts';
import { isSame, putEntry, takeEntry } from './jobs.ts';
import { COLUMNS, type Column, type Tab } from './tab.ts';

const user = { type: 'string', required: true, doc: 'whose crontab' } as const;
const cmd = { type: 'string', required: true, doc: 'the command' } as const;
const path = { type: 'string', required: true, doc: 'the file' } as const;
const identifier = { type: 'any', doc: 'the name that Salt knows the job by, however its command changes' } as const;
const marks = {
  commented: { type: 'boolean', default: false, doc: 'switched off: the line stays, behind `#DISABLED#`' },
  comment: { type: 'string', doc: 'written above it' },
  identifier,
} as const;
const time = (doc: string) => ({ type: 'any', required: true, doc }) as const;
const onlyAt = (doc: string) => ({ type: 'any', doc }) as const;

const asTab = (tab: Tab): Returnable => ({ pre: tab.pre, crons: tab.crons, special: tab.special, env: tab.env }) as unknown as Returnable;
const word = (value: Returnable): string => (value === null ? 'None' : String(value));

const listing = (name: string) =>
  call({
    doc: 'The crontab of a user in parts: what is above the mark of Salt, its jobs, those with `@daily` or the like, its variables.',
    examples: [`tsalt '*' cron.${name} root`],
    args: { user },
    changes: false,
    run: async (ctx, args) => asTab(await readTab(ctx, args.user)),
  });

const removing = (name: string) =>
  call({
    doc: 'Remove a job. Of several, the first that has the times told.',
    examples: [`tsalt '*' cron.${name} root /usr/local/weekly`, `tsalt '*' cron.${name} root /usr/bin/foo dayweek=1`],
    args: {
      user,
      cmd,
      minute: onlyAt('only at this minute'),
      hour: onlyAt('only at this hour'),
      daymonth: onlyAt('only on this day of the month'),
      month: onlyAt('only in this month'),
      dayweek: onlyAt('only on this day of the week'),
      identifier,
    },
    changes: true,
    run: (ctx, args) =>
      takeEntry(
        ctx,
        args.user,
        'crons',
        (job) => isSame(job, args.cmd, args.identifier ?? null) && COLUMNS.every((column) => isAt(job[column], args[column])),
      ),
  });

/** `random` stands for any time but `*`. */
const isAt = (time: string, wanted: Returnable | undefined): boolean =>
  wanted === undefined || wanted === null || time === word(wanted) || (word(wanted).toLowerCase() === 'random' && time !== '*');

export default execModule({
  name: 'cron',
  doc: 'The crontabs of users.',
  serves: (host) => host.which('crontab') !== undefined || 'Cannot load cron module: crontab command not found',
  calls: {
    list_tab: listing('list_tab'),
    ls: listing('ls'),
    raw_cron: call({
      doc: 'The crontab of a user as it is; empty if there is none.',
      examples: ["tsalt '*' cron.raw_cron root"],
      args: { user },
      changes: false,
      run: (ctx, args) => readText(ctx, args.user),
    }),
    get_entry: call({
      doc: 'The job of that identifier, or else of that command; False if there is none.',
      examples: ["tsalt '*' cron.get_entry root identifier=task1"],
      args: { user, identifier, cmd: { type: 'string', doc: 'the command' } },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        if (args.identifier && args.cmd) ctx.log.warn('cron.get_entry: both identifier and cmd are told: cmd is not used');
        const { crons, special } = await readTab(ctx, args.user);
        const found = [...crons, ...special].find((entry) =>
          args.identifier ? entry.identifier === args.identifier : Boolean(args.cmd) && entry.cmd === args.cmd,
        );
        return found === undefined ? false : { ...found };
      },
    }),
    set_job: call({
      doc: 'Set a job up: `new`, `updated`, `present`, or what crontab complained of.\n\nA time may be `random`, and all but the day of the month a range such as `10:20`, out of which one is picked.',
      examples: ["tsalt '*' cron.set_job root '*' '*' '*' '*' 1 /usr/local/weekly"],
      args: {
        user,
        minute: time('0-59'),
        hour: time('0-23'),
        daymonth: time('1-31'),
        month: time('1-12'),
        dayweek: time('0-7'),
        cmd,
        ...marks,
      },
      changes: true,
      run(ctx, args) {
        const times = Object.fromEntries(COLUMNS.map((column) => [column, word(args[column]).toLowerCase()])) as Record<Column, string>;
        const { cmd, commented } = args;
        return putEntry(ctx, args.user, { ...times, cmd, commented, comment: args.comment ?? null, identifier: args.identifier ?? null });
      },
    }),
    set_special: call({
      doc: 'Set up a job with `@daily` or the like: `new`, `updated`, `present`, or what crontab complained of.',
      examples: ["tsalt '*' cron.set_special root @hourly 'echo foobar'"],
      args: { user, special: { type: 'string', required: true, doc: '`@reboot`, `@hourly`, `@daily`, ...' }, cmd, ...marks },
      changes: true,
      run(ctx, args) {
        const { special: spec, cmd, commented } = args;
        return putEntry(ctx, args.user, { spec, cmd, commented, comment: args.comment ?? null, identifier: args.identifier ?? null });
      },
    }),
    rm_job: removing('rm_job'),
    rm: removing('rm'),
    rm_special: call({
      doc: 'Remove a job with `@daily` or the like.',
      examples: ["tsalt '*' cron.rm_special root /usr/bin/foo"],
      args: { user, cmd, special: { type: 'string', doc: 'only if it is this: `@daily`' }, identifier },
      changes: true,
      run: (ctx, args) =>
        takeEntry(
          ctx,
          args.user,
          'special',
          (job) => isSame(job, args.cmd, args.identifier ?? null) && (args.special === undefined || job.spec === args.special),
        ),
    }),
    set_env: call({
      doc: 'Set a variable of the crontab: `new`, `updated`, `present`, or what crontab complained of.',
      examples: ["tsalt '*' cron.set_env root MAILTO user@example.com"],
      args: { user, name: { type: 'string', required: true, doc: 'the variable' }, value: { type: 'any', doc: 'its value' } },
      changes: true,
      async run(ctx, args) {
        const value = args.value ?? null;
        const tab = await readTab(ctx, args.user);
        const index = tab.env.findIndex(({ name }) => name === args.name);
        if (index >= 0 && tab.env[index]?.value === value) return 'present';
        if (index >= 0) tab.env.splice(index, 1);
        tab.env.push({ name: args.name, value: value === null ? null : word(value) });
        return (await writeTab(ctx, args.user, tab)) ?? (index >= 0 ? 'updated' : 'new');
      },
    }),
    rm_env: call({
      doc: 'Remove a variable of the crontab.',
      examples: ["tsalt '*' cron.rm_env root MAILTO"],
      args: { user, name: { type: 'string', required: true, doc: 'the variable' } },
      changes: true,
      run: (ctx, args) => takeEntry(ctx, args.user, 'env', ({ name }) => name === args.name),
    }),
    write_cron_file: call({
      doc: "Install a file as a user's crontab; False if crontab did not take it.",
      examples: ["tsalt '*' cron.write_cron_file root /tmp/new_cron"],
      args: { user, path },
      changes: true,
      run: async (ctx, args) => (await writeFile(ctx, args.user, args.path))['retcode'] === 0,
    }),
    write_cron_file_verbose: call({
      doc: "Install a file as a user's crontab, with the result of cmd.run_all.",
      examples: ["tsalt '*' cron.write_cron_file_verbose root /tmp/new_cron"],
      args: { user, path },
      changes: true,
      run: (ctx, args) => writeFile(ctx, args.user, args.path),
    }),
  },
});
