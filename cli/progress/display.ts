import type { Terminal, ToolIo } from '../tool.ts';
import { Board } from './board.ts';
import type { Step } from './step.ts';

/** Lines of a terminal that the display takes at most. */
const MOST_LINES = 12;
const EVERY_MS = 50;

/**
 * The progress of a job on stderr: on a terminal a few lines that are drawn again and again, elsewhere a line for each
 * step. What the tool prints meanwhile must go through `io`, which takes the lines away first.
 */
export class ProgressDisplay {
  readonly io: ToolIo;
  readonly #out: ToolIo['stderr'];
  readonly #terminal: Terminal | undefined;
  readonly #board = new Board();
  readonly #everyMs: number;
  #drawn = 0;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `everyMs`: a terminal is not drawn more often than this. */
  constructor(io: ToolIo, everyMs = EVERY_MS) {
    this.#everyMs = everyMs;
    this.#out = io.stderr;
    this.#terminal = io.terminal;
    this.io = { ...io, stdout: this.#behind(io.stdout), stderr: this.#behind(io.stderr) };
  }

  expect(minions: number): void {
    this.#board.expect(minions);
    this.#changed();
  }

  step(step: Step): void {
    this.#changed(this.#board.step(step));
  }

  end(minion: string): void {
    this.#changed(this.#board.end(minion));
  }

  /** Takes the lines away; nothing is drawn any more until the next step. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#drawn === 0) return;
    this.#out.write(`\x1b[${this.#drawn}F\x1b[J`);
    this.#drawn = 0;
  }

  #behind(stream: ToolIo['stdout']): ToolIo['stdout'] {
    return {
      write: (text) => {
        this.clear();
        return stream.write(text);
      },
    };
  }

  #changed(line?: string): void {
    if (this.#terminal === undefined) {
      if (line !== undefined) this.#out.write(`${line}\n`);
      return;
    }
    const wait = this.#last + this.#everyMs - Date.now();
    if (wait <= 0) this.#draw(this.#terminal);
    else this.#timer ??= setTimeout(() => this.#terminal !== undefined && this.#draw(this.#terminal), wait).unref();
  }

  #draw(terminal: Terminal): void {
    this.clear();
    const lines = this.#board.lines(Math.min(MOST_LINES, terminal.rows() - 2), terminal.columns());
    this.#out.write(`${lines.join('\n')}\n`);
    this.#drawn = lines.length;
    this.#last = Date.now();
  }
}
