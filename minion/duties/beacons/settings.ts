import type { Returnable } from '../../../modules/define.ts';
import { isMap } from '../../listen/publication.ts';
import type { Options } from '../../settings.ts';

export type Configured = { readonly [name: string]: Returnable };

/**
 * Which beacons are configured: those of the pillar and those of the minion's own options, which functions may
 * change until the next start. The minion's own win over the pillar's of the same name, as in Salt's lists.
 */
export class BeaconSettings {
  readonly #options: () => Options;
  readonly #pillar: () => Options;
  #read: unknown;
  #own: Record<string, Returnable> = Object.create(null);

  constructor(options: () => Options, pillar: () => Options) {
    this.#options = options;
    this.#pillar = pillar;
  }

  /** The minion's own, as changed since; begins anew when the configuration is read again. */
  get own(): Configured {
    return this.#current();
  }

  get pillar(): Configured {
    const found = this.#pillar()['beacons'];
    return isMap(found) ? (found as Configured) : {};
  }

  get all(): Configured {
    return { ...this.pillar, ...this.own };
  }

  set(name: string, value: Returnable): void {
    this.#current()[name] = value;
  }

  delete(name: string): void {
    delete this.#current()[name];
  }

  reset(): void {
    this.#current();
    this.#own = Object.create(null);
  }

  /** Writes `enabled` into an entry, in the form it has. Says whether there is such an entry of the minion's own. */
  enable(name: string, enabled: boolean): boolean {
    const entry = this.#current()[name];
    if (entry === undefined) return false;
    if (isMap(entry)) this.set(name, { ...(entry as Configured), enabled });
    else if (Array.isArray(entry)) this.set(name, [...entry.filter((item) => !(isMap(item) && 'enabled' in item)), { enabled }]);
    return true;
  }

  #current(): Record<string, Returnable> {
    const found = this.#options()['beacons'];
    if (found !== this.#read) {
      this.#read = found;
      this.#own = Object.assign(Object.create(null), isMap(found) ? structuredClone(found) : {});
    }
    return this.#own;
  }
}
