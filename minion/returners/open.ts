import type { Loader } from '../../kernel/loader/registry.ts';
import type { Lookup } from '../../kernel/returners/options.ts';
import { Returners } from '../../kernel/returners/returners.ts';
import type { Host, JobResult, Log } from '../../modules/define.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMap, type Publication } from '../listen/publication.ts';
import { number, type Options } from '../settings.ts';
import type { CustomReturners } from './custom.ts';
import { findReturner } from './find.ts';

export interface ReturnerSurroundings {
  readonly id: string;
  readonly options: () => Options;
  readonly grains: () => Options;
  readonly pillar: () => Options;
  readonly host: Host;
  readonly custom: CustomReturners;
  readonly loader: () => Loader;
  readonly log: Log;
}

/** Bytes of results that wait for one returner at most, in memory. */
const BUFFER_BYTES = 64 << 20;

/** The returners of this minion. Their options come from where `config.option` looks: options, grains, pillar, the master's options. */
export function openReturners({ id, options, grains, pillar, host, custom, loader, log }: ReturnerSurroundings): Returners {
  const disabled = (): readonly unknown[] => listOf(options()['disable_returners']);
  const lookup: Lookup = (name) => {
    const { master } = pillar();
    const places = [options(), grains(), pillar(), isMap(master) ? master : {}];
    return places.find((place) => Object.hasOwn(place, name))?.[name];
  };
  const bounds = () => ({
    items: Math.max(1, number(options(), 'returner_buffer', 10_000)),
    bytes: BUFFER_BYTES,
    timeoutMs: Math.max(1, number(options(), 'returner_timeout', 60)) * 1000,
  });
  return new Returners({ id, host, find: findReturner(custom, () => loader().builtins, host, disabled), lookup, bounds, log });
}

/** A job that was published to this minion: besides its own returners it has those of the option `return`. */
export function withReturners(job: Publication, options: Options): Publication {
  const more = namesOf(options['return']);
  return more.length === 0 ? job : { ...job, returners: [...new Set([...job.returners, ...more])] };
}

/** `a,b`, or a list of such. */
export const namesOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [])
    .flatMap((names) => names.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** Hands the return of a job, as it goes to the master, to the returners that the job names. Never waits, never throws. */
export function handOver(returners: Returners, job: Publication, load: Message): void {
  if (job.returners.length === 0) return;
  const { cmd: _cmd, _stamp, ...result } = load;
  returners.hand(job.returners, result as unknown as JobResult, { profile: job.returnerConfig, kwargs: job.returnerOptions });
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
