import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isItem } from '../../../kernel/schedule/item.ts';
import { isRemembered, type Remembered, type SlotMemory } from '../../../kernel/schedule/slots.ts';
import type { Log } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';

/** An entry that nobody configured for so long is forgotten. */
const FORGOTTEN_MS = 400 * 86_400_000;

/**
 * The last slots, as JSON in one small file that is replaced whole at each change: it survives the death of the
 * process at any moment, and is never half written.
 */
export class SlotFile implements SlotMemory {
  readonly #path: string;
  readonly #writes: boolean;
  readonly #log: Log;
  readonly #slots: Map<string, Remembered>;

  /** `writes`: only the daemon remembers; others look. */
  constructor(path: string, writes: boolean, log: Log) {
    this.#path = path;
    this.#writes = writes;
    this.#log = log;
    this.#slots = read(path, log);
  }

  get(name: string): Remembered | undefined {
    return this.#slots.get(name);
  }

  set(name: string, slot: Remembered): void {
    this.#slots.set(name, slot);
    this.#write();
  }

  delete(name: string): void {
    if (this.#slots.delete(name)) this.#write();
  }

  /** A disk that is full costs what a restart would know, not the run. */
  #write(): void {
    if (!this.#writes) return;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(`${this.#path}.new`, JSON.stringify(Object.fromEntries(this.#slots)), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch (error) {
      this.#log.error(`the times of scheduled jobs are not remembered in ${this.#path}: ${messageOf(error)}`);
    }
  }
}

function read(path: string, log: Log): Map<string, Remembered> {
  const slots = new Map<string, Remembered>();
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.error(`${path} counts as empty: ${messageOf(error)}`);
    return slots;
  }
  for (const [name, slot] of Object.entries(isItem(found) ? found : {}))
    if (isRemembered(slot) && slot.last > Date.now() - FORGOTTEN_MS) slots.set(name, slot);
  return slots;
}
