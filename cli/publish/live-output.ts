import type { RunEvent } from '../../master/client/contract.ts';
import { withoutEscapes } from '../output/values.ts';
import type { ToolIo } from '../tool.ts';

/** Prints the output of running commands line by line, each line behind the minion it comes from. */
export class LiveOutput {
  readonly #io: ToolIo;
  /** The unfinished last line of each stream. */
  readonly #partial = new Map<string, string>();

  constructor(io: ToolIo) {
    this.#io = io;
  }

  add(event: Extract<RunEvent, { kind: 'output' }>): void {
    const key = `${event.stream} ${event.minion}`;
    const lines = ((this.#partial.get(key) ?? '') + event.text).split('\n');
    this.#partial.set(key, lines.pop() ?? '');
    for (const line of lines) this.#write(event.stream, event.minion, line);
  }

  /** The minion has returned: what it wrote without a line end is printed now. */
  end(minion: string): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const line = this.#partial.get(`${stream} ${minion}`) ?? '';
      if (line !== '') this.#write(stream, minion, line);
      this.#partial.delete(`${stream} ${minion}`);
    }
  }

  #write(stream: 'stdout' | 'stderr', minion: string, line: string): void {
    this.#io[stream].write(`${minion}: ${withoutEscapes(line)}\n`);
  }
}
