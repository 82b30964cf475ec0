import type { EventBus } from '../../../kernel/events/bus.ts';
import type { Message } from '../../../protocol/suites/suite.ts';
import { isMessage } from '../../../protocol/wire/envelope.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { type Command, mapIn, textIn } from '../command.ts';

/** Compiles the pillar of a minion; the grains are its own word, its id is proved. */
export type CompilePillar = (request: PillarRequest) => Promise<Readonly<Record<string, unknown>>>;
export interface PillarRequest {
  readonly id: string;
  readonly grains: Readonly<Record<string, unknown>>;
  readonly saltenv: string;
  readonly pillarenv: string | undefined;
  readonly override: Readonly<Record<string, unknown>>;
  /** An external source that the minion asks for besides. */
  readonly ext?: Readonly<Record<string, unknown>> | undefined;
}

export interface AgentParts {
  readonly fleet: Fleet;
  readonly bus: EventBus;
  readonly compilePillar: CompilePillar;
  /** What `_master_opts` tells (16 options that the state compiler on the minion wants). */
  readonly masterOpts: () => Readonly<Record<string, unknown>>;
  /** Deletes the key of a minion that asks for it; false when `allow_minion_key_revoke` is off. */
  readonly revoke: (minion: string) => Promise<boolean>;
}

/** What a minion asks about itself: pillar, options, its key (wire-protocol section 7). */
export const agentCommands = ({ fleet, bus, compilePillar, masterOpts, revoke }: AgentParts): readonly Command[] => [
  {
    name: '_pillar',
    answersPrivately: true,
    run: async (minion, load) => {
      const grains = { ...mapIn(load, 'grains'), id: minion };
      const override = mapIn(load, 'pillar_override') ?? {};
      const pillar = await compilePillar({
        id: minion,
        grains,
        saltenv: textIn(load, 'saltenv') ?? 'base',
        pillarenv: textIn(load, 'pillarenv'),
        override,
        ext: mapIn(load, 'ext'),
      });
      const whole = Object.keys(override).length === 0 && load['ext'] === undefined;
      fleet.learn(minion, whole ? { grains, pillar } : { grains });
      bus.fire(`minion/refresh/${minion}`, { 'Minion data cache refresh': minion });
      return pillar;
    },
  },
  { name: '_master_opts', run: (_minion, load) => (load['env_only'] === true ? pick(masterOpts()) : masterOpts()) },
  { name: '_master_tops', run: () => ({}) },
  {
    name: '_register_resources',
    run: (minion, load) => {
      if (isMessage(load['resources'])) bus.fire(`resource/refresh/${minion}`, { 'Resource cache refresh': minion });
      return true;
    },
  },
  { name: 'revoke_auth', run: async (minion) => await revoke(minion) },
];

const ENV_ONLY = ['file_roots', 'top_file_merging_strategy', 'env_order', 'default_top'];
const pick = (all: Message): Message => Object.fromEntries(ENV_ONLY.map((key) => [key, all[key]]));
