import type { Log } from '../modules/define.ts';
import type { Message } from '../protocol/suites/suite.ts';
import { zeromq } from '../protocol/transports/zeromq.ts';
import { createAgent } from './agent.ts';
import { type LocalMinion, localMinion } from './calling.ts';
import type { Paths } from './calls/ports.ts';
import { suitesFor } from './enrol/suites.ts';
import { MasterFiles } from './files/master.ts';
import { collectGrains } from './grain_sources.ts';
import { parseMaster } from './link/address.ts';
import { Link, type LinkEvents } from './link/link.ts';
import { Masters } from './link/masters.ts';
import { askPillar } from './pillar.ts';
import { linkSettings, masterNames, maxReturn, type Options } from './settings.ts';

/** A caller hears no publications. */
const DEAF: LinkEvents = { joined: () => undefined, reconnected: () => undefined, away: () => undefined, frames: () => undefined };

/**
 * `tsalt-call` with a master: its files, its pillar, and events and mine go there; so do returns, if `records`.
 * @throws NotAccepted, WrongPeer, TimedOut
 */
export async function openUnderMaster(id: string, options: Options, paths: Paths, records: boolean, log: Log): Promise<LocalMinion> {
  const agent = createAgent(
    id,
    () => options,
    paths,
    {
      files: new MasterFiles(() => masters.current()),
      compilePillar: (request) => askPillar(masters.current(), request),
      master: () => masters.current(),
      masters: () => masters.joined(),
      collectGrains: (custom) => collectGrains(options, paths, custom, log),
    },
    log,
  );
  await agent.ports.grains.refresh();
  const suites = await suitesFor(id, paths.pkiDir, options, agent.ports.grains.items, undefined);
  const settings = { ...linkSettings(options, id), listens: false };
  const links = masterNames(options).map((name) => new Link(name, parseMaster(name), suites, zeromq, settings, DEAF, log));
  const masters = new Masters(links, { failover: links.length > 1, retryMs: 1000 }, log);
  await masters.start();
  await agent.ports.pillar.refresh();
  const recorder = { send: (load: Message) => masters.current().ask(load, { tries: 1 }), maxBytes: maxReturn(options), log };
  return localMinion(id, agent, () => masters.close(), records ? recorder : undefined);
}
