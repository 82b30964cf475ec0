import { join } from 'node:path';
import type { Item } from '../../../kernel/schedule/item.ts';
import { type DueJob, Scheduler } from '../../../kernel/schedule/scheduler.ts';
import type { Log } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import type { Message } from '../../../protocol/suites/suite.ts';
import type { Publication } from '../../listen/publication.ts';
import { number, type Options } from '../../settings.ts';
import { publicationOf, scheduledLoad } from './jobs.ts';
import { SlotFile } from './memory.ts';
import { ScheduleSettings } from './settings.ts';

/** What the functions `schedule.*` and the daemon need of the schedule. */
export interface SchedulePort {
  readonly settings: ScheduleSettings;
  readonly scheduler: Scheduler;
  /** False in a process beside the daemon, which hears of changes by the saved file. */
  readonly isDaemon: boolean;
}

/** Runs a job of the minion's own; `told`: what becomes of its return, undefined tells no master. Never rejects. */
export type RunOwn = (job: Publication, told: (load: Message) => Message | undefined) => Promise<void>;

export interface ScheduleSurroundings {
  readonly id: string;
  readonly options: () => Options;
  readonly pillar: () => Options;
  readonly grains: () => Options;
  readonly paths: { readonly confDir: string; readonly cachedir: string };
  readonly run: RunOwn;
  /** Of the daemon: the others look at its memory and leave it alone. */
  readonly isDaemon: boolean;
  readonly log: Log;
}

export function openSchedule(parts: ScheduleSurroundings): SchedulePort {
  const { id, options, pillar, grains, paths, log } = parts;
  const settings = new ScheduleSettings({ options, pillar, internal: () => internalEntries(options()), confDir: paths.confDir, log });
  const start = async (job: DueJob, began: () => void): Promise<void> => {
    try {
      const publication = publicationOf(id, job, returnersOfAll(options(), pillar()));
      log.info(`the scheduled job ${job.name} runs as ${publication.jid}`);
      began();
      await parts.run(publication, (load) => scheduledLoad(load, job, publication));
    } catch (error) {
      log.error(`the scheduled job ${job.name} cannot be run: ${messageOf(error)}`);
    }
  };
  const scheduler = new Scheduler({
    schedule: () => settings.all,
    whens: () => ({ pillar: pillar()['whens'], grains: grains()['whens'] }),
    memory: new SlotFile(join(paths.cachedir, 'schedule.json'), parts.isDaemon, log),
    start,
    loopMs: () => Math.max(0.1, number(options(), 'loop_interval', 1)) * 1000,
    log,
  });
  return { settings, scheduler, isDaemon: parts.isDaemon };
}

const returnersOfAll = (options: Options, pillar: Options): unknown => pillar['schedule_returner'] ?? options['schedule_returner'];

/** The mine is kept up to date by the schedule, under the name that Salt's minion uses. */
function internalEntries(options: Options): Item {
  if (options['mine_enabled'] === false) return {};
  const entry = {
    function: 'mine.update',
    minutes: number(options, 'mine_interval', 60),
    jid_include: true,
    maxrunning: 2,
    run_on_start: true,
    return_job: options['mine_return_job'] === true,
    enabled: true,
  };
  return { __mine_interval: entry };
}
