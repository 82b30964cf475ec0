import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readYamlFile } from '../../../kernel/config/yaml_file.ts';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { dumpYaml } from '../../../kernel/render/yaml/dump.ts';
import { type Item, isItem } from '../../../kernel/schedule/item.ts';
import type { Log } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import type { Options } from '../../settings.ts';

export interface ScheduleSources {
  readonly options: () => Options;
  readonly pillar: () => Options;
  /** Entries of the minion itself, such as the one that updates the mine; their names begin with `__`. */
  readonly internal: () => Item;
  readonly confDir: string;
  readonly log: Log;
}

/** Names of entries that the agent itself makes. */
export const isInternal = (name: string): boolean => name.startsWith('__');

/**
 * Which entries are scheduled: those of the pillar and those of the minion's own options, which functions change and
 * keep in `_schedule.conf`, as Salt does. The minion's own win over the pillar's of the same name.
 */
export class ScheduleSettings {
  readonly #sources: ScheduleSources;
  #read: unknown;
  #stamp = '';
  #own: Record<string, unknown> = Object.create(null);

  constructor(sources: ScheduleSources) {
    this.#sources = sources;
    this.#stamp = this.#stampOf();
  }

  /** `_schedule.conf` beside the files that the main configuration includes. */
  get file(): string {
    const include = this.#sources.options()['default_include'];
    return join(this.#sources.confDir, dirname(typeof include === 'string' ? include : 'minion.d/*.conf'), '_schedule.conf');
  }

  /** The minion's own, as changed since the start. */
  get own(): Item {
    return { ...this.#current(), ...this.#sources.internal() };
  }

  get pillar(): Item {
    const found = this.#sources.pillar()['schedule'];
    return isItem(found) ? found : {};
  }

  get all(): Item {
    return { ...this.pillar, ...this.own };
  }

  /** What the file holds. */
  get saved(): Item {
    try {
      const found = readYamlFile(this.file)?.values['schedule'];
      return isItem(found) ? found : {};
    } catch (error) {
      this.#sources.log.warn(`the saved schedule counts as empty: ${messageOf(error)}`);
      return {};
    }
  }

  set(name: string, item: unknown): void {
    this.#current()[name] = item;
  }

  delete(name: string): void {
    delete this.#current()[name];
  }

  /** Says whether it was written: a disk that is full or read only is an error in the log, as in Salt. */
  save(entries: Item = this.#current()): boolean {
    const kept: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(entries)) if (!isInternal(name)) kept[name] = isItem(item) ? withoutMarks(item) : item;
    const file = this.file;
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, `${dumpYaml(fromPlain({ schedule: kept }), 'leaves')}\n`);
      renameSync(`${file}.new`, file);
    } catch (error) {
      this.#sources.log.error(`the schedule could not be written to ${file}: ${messageOf(error)}`);
      return false;
    }
    this.#stamp = this.#stampOf();
    return true;
  }

  /** Begins anew when the configuration was read again, or when somebody else (`tsalt-call`) wrote the file. */
  #current(): Record<string, unknown> {
    const found = this.#sources.options()['schedule'];
    const stamp = this.#stampOf();
    if (found !== this.#read) {
      this.#read = found;
      this.#stamp = stamp;
      this.#adopt(found);
    } else if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#adopt(this.saved);
    }
    return this.#own;
  }

  #adopt(found: unknown): void {
    this.#own = Object.create(null);
    for (const [name, item] of Object.entries(isItem(found) ? structuredClone(found) : {}))
      if (!isInternal(name)) this.#own[name] = isItem(item) ? withoutMarks(item) : item;
  }

  #stampOf(): string {
    const found = statSync(this.file, { throwIfNoEntry: false });
    return found === undefined ? '' : `${found.ino} ${found.mtimeMs} ${found.size}`;
  }
}

/** Salt keeps its own notes in an entry, under names that begin with `_`, and `run`. */
function withoutMarks(item: Item): Item {
  const kept: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(item)) if (!key.startsWith('_') && key !== 'run') kept[key] = value;
  return kept;
}
