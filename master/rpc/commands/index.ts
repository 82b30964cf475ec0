import { join } from 'node:path';
import type { EventBus } from '../../../kernel/events/bus.ts';
import type { Loader } from '../../../kernel/loader/registry.ts';
import type { Log } from '../../../modules/define.ts';
import { isJid } from '../../../protocol/jid.ts';
import type { FileServer } from '../../files/server.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { Groups } from '../../groups/groups.ts';
import type { JobStore } from '../../jobs/store.ts';
import type { KeyStore } from '../../keys/store.ts';
import type { Mine } from '../../mine/mine.ts';
import type { MasterConfig } from '../../options.ts';
import type { PillarCompiler } from '../../pillar/compile.ts';
import type { Work } from '../../publish/work.ts';
import type { Command } from '../command.ts';
import { agentCommands } from './agent.ts';
import { eventCommands } from './events.ts';
import { fileCommands } from './files.ts';
import { mineCommands } from './mine.ts';
import { peerCommands } from './peers.ts';
import { presenceCommands } from './presence.ts';
import { pushCommands } from './push.ts';
import { returnCommands } from './returns.ts';

export interface CommandParts {
  readonly bus: EventBus;
  readonly fleet: Fleet;
  readonly mine: Mine;
  readonly files: FileServer;
  readonly keys: KeyStore;
  readonly jobs: JobStore;
  readonly groups: Groups;
  readonly runnerLoader: Loader;
  readonly pillar: PillarCompiler;
  readonly work: Work;
  readonly config: () => MasterConfig;
  readonly log: Log;
}

/** Every request a minion may make. */
export const allCommands = (parts: CommandParts): readonly Command[] => [
  ...returnCommands(parts.work.returns, parts.work.underWay, parts.log),
  ...presenceCommands(parts.fleet, parts.work.underWay, parts.work.returns),
  ...eventCommands({ bus: parts.bus, tags: () => tagsOf(parts.config()), started: parts.work.restarted, log: parts.log }),
  ...fileCommands(parts.files, parts.config().file_buffer_size),
  ...pushCommands({
    directory: join(parts.config().cachedir, 'minions'),
    most: () => (parts.config().file_recv ? parts.config().file_recv_max_size * 1024 * 1024 : 0),
    log: parts.log,
  }),
  ...mineCommands(parts.mine, () => parts.config().mine_get),
  ...agentCommands({
    fleet: parts.fleet,
    bus: parts.bus,
    compilePillar: parts.pillar.compile,
    masterOpts: () => ({ ...masterOpts(parts.config()), nodegroups: parts.groups.nodegroups() }),
    revoke: async (minion) => {
      if (!parts.config().allow_minion_key_revoke) return false;
      await parts.keys.delete([minion]);
      return true;
    },
  }),
  ...peerCommands({
    rules: () => ({ publish: parts.config().peer, run: parts.config().peer_run }),
    reach: (target) => parts.fleet.match(target).minions,
    publish: async (request, by) => {
      const job = await parts.work.publisher.publish(request, 'root', { by });
      return job === undefined ? undefined : { jid: job.job.jid, minions: job.job.expected };
    },
    follow: (request, by) => parts.work.run(request, 'root', { by }),
    results: async (jid) => await resultsOf(parts.jobs, jid),
    runner: async (fun, args, by) => {
      const outcome = await parts.runnerLoader.invoke(fun, args, { fun, user: by, signal: new AbortController().signal });
      return outcome.value;
    },
    log: parts.log,
  }),
];

const tagsOf = (config: MasterConfig): readonly string[] => config.minion_event_tags.map(String);

async function resultsOf(jobs: JobStore, jid: string): Promise<Readonly<Record<string, unknown>>> {
  const report = isJid(jid) ? await jobs.job(jid) : undefined;
  const results: Record<string, unknown> = Object.create(null);
  for (const result of report?.returns ?? []) if (result.value !== undefined) results[result.minion] = { ret: result.value };
  return results;
}

/** What the state compiler of a minion takes from its master (wire-protocol section 7, fixture `master_opts_reply`). */
const masterOpts = (config: MasterConfig): Readonly<Record<string, unknown>> => ({
  file_roots: Object.fromEntries(Object.keys(config.file_roots).map((env) => [env, []])),
  top_file_merging_strategy: config.top_file_merging_strategy,
  env_order: config.env_order,
  default_top: config.default_top,
  renderer: config.renderer,
  failhard: config.failhard,
  state_top: config.state_top,
  state_top_saltenv: config.state_top_saltenv,
  state_auto_order: config.state_auto_order,
  state_events: config.state_events,
  state_aggregate: config.state_aggregate,
  jinja_env: {},
  jinja_sls_env: {},
  jinja_lstrip_blocks: false,
  jinja_trim_blocks: false,
});
