/** One configured path. */
export interface Wanted {
  readonly path: string;
  /** Names of inotify's events, such as `close_write`. */
  readonly mask: ReadonlySet<string>;
  readonly recurse: boolean;
  /** Directories that are made later are watched, too. */
  readonly autoAdd: boolean;
}

/** Something that happened. */
export interface Change {
  /** The watched directory, or the watched file itself. */
  readonly directory: string;
  readonly path: string;
  /** `IN_CREATE`, `IN_CREATE|IN_ISDIR`, ... */
  readonly change: string;
}

export interface Watch {
  /** What happened since it was last asked, oldest first. */
  take(): Change[];
  /** Nothing more will come: what it watched is gone. */
  over(): boolean;
  close(): void;
}

/** Changes held until they are asked for; beyond that many the newest are dropped. */
const MOST_CHANGES = 16_384;

/** Where a watch keeps its changes. */
export class Changes {
  #held: Change[] = [];

  add(change: Change): void {
    if (this.#held.length < MOST_CHANGES) this.#held.push(change);
  }

  take(): Change[] {
    const taken = this.#held;
    this.#held = [];
    return taken;
  }
}
