import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { type ArgTable, CommandFailed, type Ctx, call, execModule, type Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { Running } from '../run/table.ts';
import { formsOf } from './dynamic.ts';
import { steering } from './own_master.ts';
import { isTree } from './path.ts';
import type { Ports } from './ports.ts';
import { Session } from './state/session.ts';
import { FORMS, MASTERLESS_FORMS, refuseUnsigned, type Synced, type SyncRequest, syncForm } from './sync.ts';

const JID = { jid: { type: 'any', required: true, doc: 'the job id' } } as const;
const SYNC = {
  saltenv: { type: 'string', doc: 'one environment or several, comma separated; those of the top file when absent' },
  refresh: { type: 'boolean', default: true, doc: 'use the new files at once' },
  extmod_whitelist: { type: 'any', doc: 'names that may be synchronised, comma separated, or a map of form to names' },
  extmod_blacklist: { type: 'any', doc: 'names that may not' },
} as const;
const CLEAN = { clean_pillar_cache: { type: 'boolean', default: false, doc: 'accepted for compatibility' } } as const;
const { refresh: _always, ...WITHOUT_REFRESH } = SYNC;
/** Forms that differ from the others in the arguments they take, as in Salt. */
const SYNC_OF: Readonly<Record<string, ArgTable>> = {
  grains: { ...SYNC, ...CLEAN },
  pillar: { ...SYNC, ...CLEAN },
  sdb: WITHOUT_REFRESH,
  ...Object.fromEntries(
    ['engines', 'matchers', 'proxy', 'thorium'].map((form) => [form, { ...SYNC, refresh: { ...SYNC.refresh, default: false } }]),
  ),
};

/** The calls by which a master steers its minion: jobs, refreshes and synchronisation. */
export default function saltutil(ports: Ports) {
  const others = (ctx: Ctx): Running[] => ports.jobs.all().filter((running) => running.control.signal !== ctx.signal);
  const find = (jid: unknown, ctx: Ctx): Running | undefined => others(ctx).find(({ job }) => job.jid === String(jid));

  const signal = (jid: unknown, number: number, ctx: Ctx): string => {
    const running = find(jid, ctx);
    if (running === undefined) return '';
    running.control.abort(new CommandFailed(`signal ${number} was sent to it`));
    return `Signal ${number} sent to job ${running.job.jid} at pid ${process.pid}`;
  };

  const refreshGrains = async (refreshPillar: boolean): Promise<boolean> => {
    await ports.grains.refresh();
    if (refreshPillar) await refreshPillarNow();
    await ports.loader().refresh();
    return true;
  };
  const refreshPillarNow = async (): Promise<boolean> => {
    try {
      await ports.pillar.refresh();
      return true;
    } catch (error) {
      throw new CommandFailed(`The pillar was not refreshed: ${messageOf(error)}`);
    }
  };

  const afterSync = async (form: string, changed: boolean): Promise<void> => {
    if (!changed) return;
    if (form === 'grains') await ports.grains.refresh();
    if (form === 'pillar') await refreshPillarNow();
    await ports.loader().refresh();
  };
  const sync = async (form: string, envs: readonly string[], args: { readonly [key: string]: unknown }): Promise<Synced> => {
    const request: SyncRequest = {
      envs,
      allowed: listFor(form, args['extmod_whitelist']),
      barred: listFor(form, args['extmod_blacklist']),
    };
    const synced = await syncForm(ports, form, request);
    if (args['refresh'] !== false) await afterSync(form, synced.changed);
    return synced;
  };
  const syncCall = (form: string) =>
    call({
      doc: `Bring the ${form} below salt://_${form} here, and drop those that are gone; answers what is new.`,
      examples: [`tsalt '*' saltutil.sync_${form}`],
      args: SYNC_OF[form] ?? SYNC,
      changes: true,
      run: async (ctx, args) => {
        const { names, refused } = await sync(form, await envsOf(ports, ctx, args.saltenv), args);
        refuseUnsigned(refused);
        return names;
      },
    });

  const refreshPillarCall = call({
    doc: "Compile this minion's pillar anew.",
    examples: ["tsalt '*' saltutil.refresh_pillar"],
    args: {
      wait: { type: 'boolean', default: false, doc: 'accepted for compatibility: the call always waits' },
      timeout: { type: 'number', default: 30, doc: 'accepted for compatibility' },
      clean_cache: { type: 'boolean', default: true, doc: 'accepted for compatibility' },
    },
    changes: false,
    run: refreshPillarNow,
  });

  return execModule({
    name: 'saltutil',
    doc: 'The minion itself: its jobs, its data, its synchronised modules.',
    calls: {
      ...(ports.ownMaster === undefined ? {} : steering(ports.ownMaster)),
      running: call({
        doc: 'The jobs that run here now, but this one.',
        examples: ["tsalt '*' saltutil.running"],
        args: {},
        changes: false,
        run: (ctx) => others(ctx).map(shown),
      }),
      find_job: call({
        doc: 'The job of that id, if it runs or waits here, or its return is still on its way; else an empty map.',
        examples: ["tsalt '*' saltutil.find_job 20261124010203456789"],
        args: JID,
        changes: false,
        run(ctx, { jid }) {
          const running = find(jid, ctx);
          if (running !== undefined) return shown(running);
          return ports.jobs.owes(String(jid)) ? { jid: String(jid) } : {};
        },
      }),
      is_running: call({
        doc: 'The jobs that run here now and whose function matches.',
        examples: ["tsalt '*' saltutil.is_running 'state.*'"],
        args: { fun: { type: 'string', required: true, doc: 'a function, or a glob of functions' } },
        changes: false,
        run(ctx, { fun }) {
          const matches = globMatcher(fun);
          return others(ctx)
            .filter(({ job }) => job.funs.some(matches))
            .map(shown);
        },
      }),
      signal_job: call({
        doc: 'End a job; the programs it runs are stopped with it.',
        examples: ["tsalt '*' saltutil.signal_job 20261124010203456789 15"],
        args: { ...JID, sig: { type: 'number', required: true, doc: 'the number of the signal' } },
        changes: true,
        run: (ctx, { jid, sig }) => signal(jid, sig, ctx),
      }),
      term_job: call({
        doc: 'End a job (signal 15).',
        examples: ["tsalt '*' saltutil.term_job 20261124010203456789"],
        args: JID,
        changes: true,
        run: (ctx, { jid }) => signal(jid, constants.signals.SIGTERM, ctx),
      }),
      kill_job: call({
        doc: 'End a job (signal 9).',
        examples: ["tsalt '*' saltutil.kill_job 20261124010203456789"],
        args: JID,
        changes: true,
        run: (ctx, { jid }) => signal(jid, constants.signals.SIGKILL, ctx),
      }),
      term_all_jobs: call({
        doc: 'End all jobs but this one (signal 15).',
        examples: ["tsalt '*' saltutil.term_all_jobs"],
        args: {},
        changes: true,
        run: (ctx) => others(ctx).map(({ job }) => signal(job.jid, constants.signals.SIGTERM, ctx)),
      }),
      kill_all_jobs: call({
        doc: 'End all jobs but this one (signal 9).',
        examples: ["tsalt '*' saltutil.kill_all_jobs"],
        args: {},
        changes: true,
        run: (ctx) => others(ctx).map(({ job }) => signal(job.jid, constants.signals.SIGKILL, ctx)),
      }),
      refresh_pillar: refreshPillarCall,
      pillar_refresh: refreshPillarCall,
      refresh_grains: call({
        doc: 'Collect the grains anew, and by default the pillar with them.',
        examples: ["tsalt '*' saltutil.refresh_grains"],
        args: {
          refresh_pillar: { type: 'boolean', default: true, only: 'extra', doc: 'compile the pillar anew, too' },
          clean_pillar_cache: { type: 'boolean', default: false, only: 'extra', doc: 'accepted for compatibility' },
        },
        changes: false,
        run: (_ctx, { refresh_pillar }) => refreshGrains(refresh_pillar),
      }),
      refresh_beacons: call({
        doc: 'Read the beacons of the configuration and the pillar anew.',
        examples: ["tsalt '*' saltutil.refresh_beacons"],
        args: {},
        changes: false,
        run: refreshPillarNow,
      }),
      refresh_matchers: call({
        doc: 'Accepted for compatibility: the matchers are part of the minion.',
        examples: ["tsalt '*' saltutil.refresh_matchers"],
        args: {},
        changes: false,
        run: () => true,
      }),
      refresh_modules: call({
        doc: 'Look for modules and grains anew.',
        examples: ["tsalt '*' saltutil.refresh_modules"],
        args: {},
        extra: '`async` is accepted for compatibility: the call always waits',
        changes: false,
        async run() {
          await ports.grains.refresh();
          await ports.loader().refresh();
          return true;
        },
      }),
      ...Object.fromEntries([...FORMS, ...MASTERLESS_FORMS].map((form) => [`sync_${nameOf(form)}`, syncCall(form)])),
      sync_all: call({
        doc: 'Bring everything below salt://_modules, _states, _grains and their kin here; answers what is new, by form.',
        examples: ["tsalt '*' saltutil.sync_all"],
        args: { ...SYNC, ...CLEAN },
        changes: true,
        async run(ctx, args) {
          const envs = await envsOf(ports, ctx, args.saltenv);
          const found: Record<string, Returnable> = {};
          const unsigned: string[] = [];
          for (const form of formsOf(ports)) {
            const { names, refused } = await sync(form, envs, { ...args, refresh: false });
            found[nameOf(form)] = names;
            unsigned.push(...refused);
          }
          if (args.refresh) await refreshGrains(true);
          refuseUnsigned(unsigned);
          return found;
        },
      }),
      list_extmods: call({
        doc: 'The synchronised modules that are here, by form.',
        examples: ["tsalt '*' saltutil.list_extmods"],
        args: {},
        changes: false,
        run: async () => (await import('./sync.ts')).listSynced(ports.paths.extmods),
      }),
      clear_cache: call({
        doc: 'Drop the copies of files of the master.',
        examples: ["tsalt '*' saltutil.clear_cache"],
        args: {},
        changes: true,
        async run() {
          for (const name of ['files', 'extrn_files', 'localfiles'])
            await rm(join(ports.paths.cachedir, name), { recursive: true, force: true });
          return true;
        },
      }),
      clear_job_cache: call({
        doc: 'Answers True: this minion keeps no results of jobs that the master has.',
        examples: ["tsalt '*' saltutil.clear_job_cache"],
        args: { hours: { type: 'number', default: 24, doc: 'accepted for compatibility' } },
        changes: false,
        run: () => true,
      }),
      revoke_auth: call({
        doc: "Ask the masters to delete this minion's key.",
        examples: ["tsalt '*' saltutil.revoke_auth"],
        args: { preserve_minion_cache: { type: 'boolean', default: false, doc: 'let the master keep what it cached of this minion' } },
        changes: true,
        async run(_ctx, { preserve_minion_cache }) {
          const asked = ports.masters().map((master) => master.ask({ cmd: 'revoke_auth', id: ports.id, preserve_minion_cache }));
          return (await Promise.allSettled(asked)).every(({ status }) => status === 'fulfilled');
        },
      }),
      regen_keys: call({
        doc: "Delete this minion's keys; new ones are made at its next start, and wait to be accepted.",
        examples: ["tsalt '*' saltutil.regen_keys"],
        args: {},
        changes: true,
        async run() {
          for (const name of ['minion.pem', 'minion.pub', 'minion_ed25519.pem', 'minion_ed25519.pub'])
            await rm(join(ports.paths.pkiDir, name), { force: true });
          return null;
        },
      }),
    },
  });
}

/** As Salt shows a job: the published fields and the process. A waiting job has pid 0. */
function shown({ job, started }: Running): Record<string, Returnable> {
  const raw = job.raw as Record<string, Returnable>;
  return {
    fun: raw['fun'] ?? '',
    arg: raw['arg'] ?? [],
    tgt: raw['tgt'] ?? '',
    jid: job.jid,
    ret: raw['ret'] ?? '',
    tgt_type: job.target.kind,
    user: job.user,
    ...(job.metadata === undefined ? {} : { metadata: job.metadata as Returnable }),
    pid: started ? process.pid : 0,
    ...(started ? {} : { queued: true }),
  };
}

/** In the names of functions and results. */
const nameOf = (form: string): string => (form === 'proxy' ? 'proxymodules' : form);

/** Those asked for; else those that the top file gives this minion, and base where it gives none. */
async function envsOf(ports: Ports, ctx: Ctx, saltenv: unknown): Promise<string[]> {
  if (typeof saltenv === 'string' && saltenv !== '') return saltenv.split(',').map((env) => env.trim());
  try {
    const { matches } = await new Session(ports, ctx, {
      saltenv: undefined,
      custom: [],
      events: false,
      repillar: async () => ctx.pillar,
    }).top();
    return matches.size === 0 ? ['base'] : [...matches.keys()];
  } catch (error) {
    throw new CommandFailed(`Unable to render top file(s): ${messageOf(error)}`);
  }
}

/** Names from a comma separated text, a list, or a map of form to either; undefined: no rule. */
function listFor(form: string, rule: unknown): readonly string[] | undefined {
  if (typeof rule === 'string') return rule.split(',').map((name) => name.trim());
  if (Array.isArray(rule)) return rule.map(String);
  return isTree(rule) && rule[form] !== undefined ? listFor(form, rule[form]) : undefined;
}
