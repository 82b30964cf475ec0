import type { Level } from '../kernel/config/levels.ts';
import { consoleLog } from '../kernel/config/log.ts';
import { TsaltError } from '../protocol/errors.ts';
import { type Agent, createAgent, pathsOf, type Surroundings } from './agent.ts';
import { type LocalMinion, localMinion } from './calling.ts';
import { LocalFiles, type Roots } from './files/local.ts';
import { collectGrains } from './grain_sources.ts';
import { compileHere } from './masterless.ts';
import { loadMinionConfig } from './options.ts';
import { effectiveOptions, type Options } from './settings.ts';

export type { LocalMinion, LocalOutcome, Typed } from './calling.ts';

export interface LocalOptions {
  readonly configDir: string;
  /** No master: files and pillar are those of this machine. */
  readonly local: boolean;
  readonly id?: string;
  readonly fileRoot?: string;
  readonly pillarRoot?: string;
  readonly logLevel?: string;
  /** Under a master: typed calls appear in its job cache. Default: true. */
  readonly records?: boolean;
  readonly overrides?: Record<string, unknown>;
}

/** What `tsalt-call` runs functions by. Loads nothing of the network unless there is a master to speak with. @throws BadConfig */
export async function openLocal(options: LocalOptions): Promise<LocalMinion> {
  const { config, raw, secrets } = loadMinionConfig({ configDir: options.configDir, overrides: overridesOf(options) });
  const log = consoleLog({ level: config.log_level as Level, secrets });
  const effective = effectiveOptions({ ...raw, ...config }, raw);
  const paths = pathsOf(options.configDir, effective);
  const masterless = options.local || (config.file_client === 'local' && !config.use_master_when_local);
  if (!masterless) return await (await import('./caller.ts')).openUnderMaster(config.id, effective, paths, options.records ?? true, log);
  const surroundings = masterlessSurroundings(
    effective,
    (custom) => collectGrains(effective, paths, custom, log),
    (request) => compileHere(agent, effective, request, log),
  );
  const agent: Agent = createAgent(config.id, () => effective, paths, surroundings, log);
  await agent.ports.grains.refresh();
  await agent.ports.pillar.refresh();
  return localMinion(config.id, agent, async () => undefined);
}

function masterlessSurroundings(
  options: Options,
  grains: Surroundings['collectGrains'],
  pillar: Surroundings['compilePillar'],
): Surroundings {
  const none = (): never => {
    throw new TsaltError('no-master', 'there is no master to ask: this is a masterless call (--local, or file_client: local)');
  };
  return {
    files: new LocalFiles(options['file_roots'] as Roots, String(options['hash_type'] ?? 'sha256')),
    compilePillar: pillar,
    master: none,
    masters: () => [],
    collectGrains: grains,
  };
}

function overridesOf({ id, local, fileRoot, pillarRoot, logLevel, overrides }: LocalOptions): Record<string, unknown> {
  const given: Record<string, unknown> = {
    id,
    ...(local ? { file_client: 'local' } : {}),
    file_roots: fileRoot === undefined ? undefined : { base: [fileRoot] },
    pillar_roots: pillarRoot === undefined ? undefined : { base: [pillarRoot] },
    log_level: logLevel,
    ...overrides,
  };
  for (const [name, value] of Object.entries(given)) if (value === undefined) delete given[name];
  return given;
}
