import { isDeepStrictEqual } from 'node:util';
import { readYamlFile } from '../../kernel/config/yaml_file.ts';
import { fromPlain } from '../../kernel/render/python/plain.ts';
import { dumpYaml } from '../../kernel/render/yaml/dump.ts';
import { isItem } from '../../kernel/schedule/item.ts';
import { ISO_FORMAT, strptime } from '../../kernel/schedule/strptime.ts';
import { type Ctx, call, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { isInternal } from '../duties/schedule/settings.ts';
import { isTree, type Tree } from './path.ts';
import type { Ports } from './ports.ts';
import { buildItem, conflictOf, isRefusal, WHEN_AND_CRON } from './schedule/build.ts';
import { handOver } from './schedule/peers.ts';
import { type ListWish, listed, nextFireTime, statusOf } from './schedule/view.ts';

const NAME = { type: 'string', required: true, doc: 'the job: its key in the schedule' } as const;
const TIME = (doc: string) => ({ type: 'string', required: true, doc }) as const;
const EXTRA = '`persist=False` keeps it out of _schedule.conf; `offline=True` changes that file alone';
const FIELDS = 'keys of the entry; `job_args` and `job_kwargs` are the arguments of the function';

/** What all functions that change something answer. */
const answer = (result: boolean, comment: string, more: Tree = {}): Tree => ({ comment, result, ...more });
const changed = (name: string, word: string) => ({ changes: { [name]: word } });
const NO_CHANGES = { changes: {} };
const isOffline = (ctx: Ctx): boolean => Boolean(ctx.extra['offline']);

/** The schedule of this minion (Salt's module `schedule`, with its answers). */
export default function schedule(ports: Ports) {
  const port = ports.schedule;
  const { settings, scheduler } = port;
  const list = (wish: Partial<ListWish> = {}) => listed(port, { all: true, disabled: true, offline: false, ...wish });
  /** A call beside the daemon tells it by the file. */
  const tell = (persist: boolean): void => {
    if (persist) settings.save();
    scheduler.wake();
  };
  const persists = (ctx: Ctx): boolean => (ctx.extra['persist'] ?? true) !== false;
  const placeOf = (name: string): 'opts' | 'pillar' | undefined =>
    name in list({ where: 'opts' }) ? 'opts' : name in list({ where: 'pillar' }) ? 'pillar' : undefined;
  const ownItem = (name: string): Tree => (settings.own[name] ?? {}) as Tree;
  const remove = (name: string, persist: boolean): void => {
    settings.delete(name);
    scheduler.forget(name);
    tell(persist);
  };
  const switchJob = (ctx: Ctx, name: string, enabled: boolean): Tree => {
    const [verb, done] = enabled ? ['enable', 'Enabled'] : ['disable', 'Disabled'];
    if (ctx.testing) return answer(true, `Job: ${name} would be ${verb}d in schedule.`, NO_CHANGES);
    const place = placeOf(name);
    if (place === undefined) return answer(false, `Job ${name} does not exist.`, NO_CHANGES);
    if (place === 'pillar') {
      const right = ((settings.pillar[name] as Tree)['enabled'] !== false) === enabled;
      return right
        ? answer(true, `${done} Job ${name} in schedule.`, changed(name, `${verb}d`))
        : answer(false, `Failed to ${verb} job ${name} in schedule.`, NO_CHANGES);
    }
    settings.set(name, { ...ownItem(name), enabled });
    tell(persists(ctx));
    return answer(true, `${done} Job ${name} in schedule.`, changed(name, `${verb}d`));
  };
  const switchAll = (ctx: Ctx, enabled: boolean): Tree => {
    const [verb, done] = enabled ? ['enable', 'Enabled'] : ['disable', 'Disabled'];
    if (ctx.testing) return answer(true, `Schedule would be ${verb}d.`, NO_CHANGES);
    settings.set('enabled', enabled);
    tell(persists(ctx));
    return answer(true, `${done} schedule on minion.`, changed('schedule', `${verb}d`));
  };
  /** Puts times into `skip_explicit` and `run_explicit` of an entry; an entry of the pillar stays as it is, as in Salt. */
  const putTimes = (name: string, times: { readonly [key: string]: string }, format: string): boolean => {
    const place = placeOf(name);
    if (place === 'opts') {
      const item = ownItem(name);
      const more = Object.entries(times).map(([key, time]) => [key, [...listOf(item[key]), { time, time_fmt: format }]]);
      settings.set(name, { ...item, ...Object.fromEntries(more) });
      tell(!port.isDaemon);
    }
    return place !== undefined;
  };
  const toPeers = async (ctx: Ctx, name: string, target: Returnable, verb: 'moved' | 'copied') => {
    if (ctx.testing) return { answer: answer(true, `Job: ${name} would be ${verb} from schedule.`) };
    const item = list({ where: 'opts' })[name] ?? list({ where: 'pillar' })[name];
    if (!isTree(item)) return { answer: answer(false, `Job ${name} does not exist.`) };
    return await handOver(ctx, item, target);
  };

  return execModule({
    name: 'schedule',
    doc: 'What the minion runs by itself, and when.',
    calls: {
      list: call({
        doc: 'The scheduled jobs.',
        examples: ["tsalt '*' schedule.list", "tsalt '*' schedule.list show_all=True return_yaml=False"],
        args: {
          show_all: { type: 'boolean', default: false, doc: 'also those that the minion makes for itself' },
          show_disabled: { type: 'boolean', default: true, doc: 'also those that are disabled' },
          where: { type: 'string', choices: ['pillar', 'opts'], doc: 'only those of the pillar, or of the options of the minion' },
          return_yaml: { type: 'boolean', default: true, doc: 'as YAML text, which tells what is saved' },
          offline: { type: 'boolean', default: false, doc: 'those of the saved file' },
        },
        changes: false,
        run(_ctx, { show_all, show_disabled, where, return_yaml, offline }) {
          const found = list({ all: show_all, disabled: show_disabled, where: where as ListWish['where'], offline });
          if (!return_yaml) return found;
          const { saved } = settings;
          for (const [name, item] of Object.entries(found)) if (isTree(item)) found[name] = { ...item, saved: Object.hasOwn(saved, name) };
          return `${dumpYaml(fromPlain({ schedule: found }), false)}\n`;
        },
      }),
      is_enabled: call({
        doc: 'A job as it is listed; without a name, whether the schedule is enabled.',
        examples: ["tsalt '*' schedule.is_enabled name=job1", "tsalt '*' schedule.is_enabled"],
        args: { name: { type: 'string', doc: 'the job' } },
        changes: false,
        run: (_ctx, { name }) => (name === undefined || name === '' ? (list()['enabled'] ?? true) : (list({ all: false })[name] ?? {})),
      }),
      purge: call({
        doc: 'Delete all jobs but those of the pillar.',
        examples: ["tsalt '*' schedule.purge"],
        args: {},
        extra: EXTRA,
        changes: true,
        run(ctx) {
          const offline = isOffline(ctx);
          const comment: string[] = [];
          const changes: Record<string, Returnable> = {};
          const found = list({ offline });
          for (const name of Object.keys(found)) {
            if (name === 'enabled' || isInternal(name)) continue;
            if (ctx.testing) comment.push(`Job: ${name} would be deleted from schedule.`);
            else {
              delete found[name];
              if (!offline) remove(name, persists(ctx));
              const isLeft = !offline && Object.hasOwn(settings.all, name);
              comment.push(isLeft ? `Failed to delete job ${name} from schedule.` : `Deleted job: ${name} from schedule.`);
              if (!isLeft) changes[name] = 'removed';
            }
          }
          if (offline && !ctx.testing) settings.save(found);
          return { comment, changes, result: true };
        },
      }),
      delete: call({
        doc: 'Delete a job.',
        examples: ["tsalt '*' schedule.delete job1"],
        args: { name: NAME },
        extra: EXTRA,
        changes: true,
        run(ctx, { name }) {
          if (ctx.testing) return answer(true, `Job: ${name} would be deleted from schedule.`, NO_CHANGES);
          if (isOffline(ctx)) {
            const { [name]: gone, ...rest } = list({ offline: true });
            if (gone === undefined) return answer(false, `Job ${name} does not exist.`, NO_CHANGES);
            settings.save(rest);
            return answer(true, `Deleted Job ${name} from schedule.`, changed(name, 'removed'));
          }
          const place = placeOf(name);
          if (place === undefined) return answer(false, `Job ${name} does not exist.`, NO_CHANGES);
          if (place === 'opts') remove(name, persists(ctx));
          return Object.hasOwn(settings.all, name)
            ? answer(false, `Failed to delete job ${name} from schedule.`, NO_CHANGES)
            : answer(true, `Deleted Job ${name} from schedule.`, changed(name, 'removed'));
        },
      }),
      build_schedule_item: call({
        doc: 'The entry that schedule.add would make.',
        examples: ["tsalt '*' schedule.build_schedule_item job1 function=test.ping seconds=3600"],
        args: { name: NAME },
        extra: FIELDS,
        changes: false,
        run: (ctx, { name }) => ({ ...buildItem(name, ctx.extra) }),
      }),
      add: call({
        doc: 'Add a job.',
        examples: [
          "tsalt '*' schedule.add job1 function=test.ping seconds=3600",
          `tsalt '*' schedule.add job2 function=cmd.run job_args="['date >> /tmp/date.log']" cron='*/5 * * * *'`,
        ],
        args: { name: NAME },
        extra: `${FIELDS}; ${EXTRA}`,
        changes: true,
        run(ctx, { name }) {
          const offline = isOffline(ctx);
          const current = list({ offline });
          if (Object.hasOwn(current, name)) return answer(false, `Job ${name} already exists in schedule.`, NO_CHANGES);
          const conflict = conflictOf(ctx.extra);
          if (conflict === 'time')
            return answer(
              false,
              'Error: Unable to use "seconds", "minutes", "hours", or "days" with "when" or "cron" options.',
              NO_CHANGES,
            );
          if (conflict === 'when') return answer(false, WHEN_AND_CRON, NO_CHANGES);
          const built = buildItem(name, ctx.extra);
          if (isRefusal(built)) return { ...built };
          if (ctx.testing) return answer(true, `Job: ${name} would be added to schedule.`, NO_CHANGES);
          if (offline) settings.save({ ...current, [name]: built });
          else {
            settings.set(name, built);
            tell(persists(ctx));
          }
          return answer(true, `Added job: ${name} to schedule.`, changed(name, 'added'));
        },
      }),
      modify: call({
        doc: 'Change a job: what is not given is as for a new one, but for the function.',
        examples: ["tsalt '*' schedule.modify job1 function=test.ping seconds=7200"],
        args: { name: NAME },
        extra: `${FIELDS}; ${EXTRA}`,
        changes: true,
        run(ctx, { name }) {
          const offline = isOffline(ctx);
          const conflict = conflictOf(ctx.extra);
          if (conflict === 'time')
            return answer(false, 'Error: Unable to use "seconds", "minutes", "hours", or "days" with "when" option.', NO_CHANGES);
          if (conflict === 'when') return answer(false, WHEN_AND_CRON, NO_CHANGES);
          const current = list({ offline });
          const before = current[name];
          if (!isTree(before)) return answer(false, `Job ${name} does not exist in schedule.`, NO_CHANGES);
          const built = buildItem(name, { function: before['function'] ?? null, ...ctx.extra });
          if (isRefusal(built)) return { ...built };
          if (isDeepStrictEqual({ ...before }, { ...built })) return answer(true, `Job ${name} in correct state`, NO_CHANGES);
          const changes = { changes: { [name]: { old: before, new: built } } };
          if (ctx.testing) return answer(true, `Job: ${name} would be modified in schedule.`, changes);
          if (offline) settings.save({ ...current, [name]: { ...before, ...built } });
          else if (placeOf(name) === 'opts') {
            settings.set(name, built);
            tell(persists(ctx));
          }
          return answer(true, `Modified job: ${name} in schedule.`, changes);
        },
      }),
      run_job: call({
        doc: 'Run a job now.',
        examples: ["tsalt '*' schedule.run_job job1", "tsalt '*' schedule.run_job job1 force=True"],
        args: { name: NAME, force: { type: 'boolean', default: false, doc: 'also if it is disabled' } },
        changes: true,
        run(_ctx, { name, force }) {
          const item = list()[name];
          if (!isTree(item)) return answer(false, `Job ${name} does not exist.`);
          if (item['enabled'] === false && !force) return answer(true, `Job ${name} is disabled.`);
          scheduler.runNow(name);
          return answer(true, `Scheduling Job ${name} on minion.`);
        },
      }),
      enable_job: call({
        doc: 'Let a job run again.',
        examples: ["tsalt '*' schedule.enable_job job1"],
        args: { name: NAME },
        extra: EXTRA,
        changes: true,
        run: (ctx, { name }) => switchJob(ctx, name, true),
      }),
      disable_job: call({
        doc: 'Let a job run no more.',
        examples: ["tsalt '*' schedule.disable_job job1"],
        args: { name: NAME },
        extra: EXTRA,
        changes: true,
        run: (ctx, { name }) => switchJob(ctx, name, false),
      }),
      enable: call({
        doc: 'Let the schedule run again.',
        examples: ["tsalt '*' schedule.enable"],
        args: {},
        extra: EXTRA,
        changes: true,
        run: (ctx) => switchAll(ctx, true),
      }),
      disable: call({
        doc: 'Let no scheduled job run any more.',
        examples: ["tsalt '*' schedule.disable"],
        args: {},
        extra: EXTRA,
        changes: true,
        run: (ctx) => switchAll(ctx, false),
      }),
      save: call({
        doc: 'Write the jobs into _schedule.conf, so that the next start has them.',
        examples: ["tsalt '*' schedule.save"],
        args: {},
        extra: 'accepted for compatibility',
        changes: true,
        run(ctx) {
          if (ctx.testing) return answer(true, 'Schedule would be saved.');
          return settings.save() ? answer(true, 'Schedule (non-pillar items) saved.') : answer(false, 'Failed to save schedule.');
        },
      }),
      reload: call({
        doc: "Take on the jobs of the pillar, and of schedule.conf beside the minion's other files, anew.",
        examples: ["tsalt '*' schedule.reload"],
        args: {},
        changes: true,
        async run(ctx) {
          const comment: string[] = [];
          if (isItem(ports.pillar.items['schedule'])) {
            await ctx.call('saltutil.refresh_pillar');
            comment.push('Reloaded schedule from pillar on minion.');
          }
          const found = savedEntries(ctx, `${settings.file.slice(0, -'_schedule.conf'.length)}schedule.conf`);
          if (found === undefined) return { comment, result: true };
          const entries = Object.entries(found);
          for (const [name, item] of entries) settings.set(name, item);
          scheduler.wake();
          if (entries.length > 0) comment.push('Reloaded schedule on minion from schedule.conf.');
          else comment.push('Failed to reload schedule on minion.  Saved file is empty or invalid.');
          return { comment, result: entries.length > 0 };
        },
      }),
      move: call({
        doc: 'Hand a job over to other minions, by the peer permissions of the master.',
        examples: ["tsalt web1 schedule.move job1 'web2'"],
        args: { name: NAME, target: { type: 'any', required: true, doc: 'which minions' } },
        extra: 'accepted for compatibility',
        changes: true,
        async run(ctx, { name, target }) {
          const handed = await toPeers(ctx, name, target, 'moved');
          if ('answer' in handed) return handed.answer;
          if (placeOf(name) === 'opts') remove(name, true);
          return answer(true, `Moved Job ${name} from schedule.`, { minions: handed.minions });
        },
      }),
      copy: call({
        doc: 'Have other minions run a job, too, by the peer permissions of the master.',
        examples: ["tsalt web1 schedule.copy job1 'web*'"],
        args: { name: NAME, target: { type: 'any', required: true, doc: 'which minions' } },
        extra: 'accepted for compatibility',
        changes: true,
        async run(ctx, { name, target }) {
          const handed = await toPeers(ctx, name, target, 'copied');
          if ('answer' in handed) return handed.answer;
          return answer(true, `Copied Job ${name} from schedule to minion(s).`, { minions: handed.minions });
        },
      }),
      postpone_job: call({
        doc: 'Run a job at another time instead of one of its own.',
        examples: ["tsalt '*' schedule.postpone_job job1 2027-01-31T10:00:00 2027-01-31T12:00:00"],
        args: { name: NAME, current_time: TIME('when it would run'), new_time: TIME('when it shall run') },
        extra: '`time_fmt`: the format of the times',
        changes: true,
        run(ctx, { name, current_time, new_time }) {
          const format = formatOf(ctx);
          if (name === '') return answer(false, 'Job name is required.');
          if (current_time === '') return answer(false, 'Job current time is required.');
          if (strptime(current_time, format) === undefined) return answer(false, 'Date string could not be parsed.');
          if (new_time === '') return answer(false, 'Job new_time is required.');
          if (strptime(new_time, format) === undefined) return answer(false, 'Date string could not be parsed.');
          if (ctx.testing) return answer(true, `Job: ${name} would be postponed in schedule.`);
          const put = putTimes(name, { skip_explicit: current_time, run_explicit: new_time }, format);
          return put ? answer(true, `Postponed Job ${name} in schedule.`) : answer(false, `Job ${name} does not exist.`);
        },
      }),
      skip_job: call({
        doc: 'Leave out one run of a job.',
        examples: ["tsalt '*' schedule.skip_job job1 2027-01-31T10:00:00"],
        args: { name: NAME, current_time: TIME('when it would run') },
        extra: '`time_fmt`: the format of the time',
        changes: true,
        run(ctx, { name, current_time }) {
          const format = formatOf(ctx);
          if (current_time !== '' && strptime(current_time, format) === undefined) return answer(false, 'Date string could not be parsed.');
          if (ctx.testing) return answer(true, `Job: ${name} would be skipped in schedule.`);
          const put = putTimes(name, { skip_explicit: current_time }, format);
          return put ? answer(true, `Added Skip Job ${name} in schedule.`) : answer(false, `Job ${name} does not exist.`);
        },
      }),
      show_next_fire_time: call({
        doc: 'When a job will be due next.',
        examples: ["tsalt '*' schedule.show_next_fire_time job1"],
        args: { name: NAME },
        extra: 'accepted for compatibility',
        changes: false,
        run: (_ctx, { name }) => ({ result: true, next_fire_time: nextFireTime(port, name) }),
      }),
      job_status: call({
        doc: 'A job and how it stands: when it ran, when it will, why it was skipped.',
        examples: ["tsalt '*' schedule.job_status job1"],
        args: { name: NAME, time_fmt: { type: 'string', default: ISO_FORMAT, doc: 'the format of times' } },
        changes: false,
        run: (_ctx, { name, time_fmt }) => statusOf(port, name, time_fmt),
      }),
    },
  });
}

/** The entries of a file, none when it makes no sense; undefined when there is no such file. */
function savedEntries(ctx: Ctx, file: string): Tree | undefined {
  try {
    const read = readYamlFile(file);
    if (read === undefined) return undefined;
    const found = read.values['schedule'];
    return isTree(found) ? found : {};
  } catch (error) {
    ctx.log.warn(messageOf(error));
    return {};
  }
}

const listOf = (value: Returnable | undefined): readonly Returnable[] => (Array.isArray(value) ? value : []);
const formatOf = (ctx: Ctx): string => {
  const given = ctx.extra['time_fmt'];
  return typeof given === 'string' && given !== '' ? given : ISO_FORMAT;
};
