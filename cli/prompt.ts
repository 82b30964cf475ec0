import type { ToolIo } from './tool.ts';

/** Lines of an input, one after another, whoever asks for them. */
export class LineReader {
  readonly #chunks: AsyncIterator<string | Uint8Array>;
  #rest = '';

  constructor(input: AsyncIterable<string | Uint8Array>) {
    this.#chunks = input[Symbol.asyncIterator]();
  }

  /** The next one without its end; what is left when the input ends. */
  async next(): Promise<string> {
    for (let end = this.#rest.search(/[\r\n]/); ; end = this.#rest.search(/[\r\n]/)) {
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(this.#rest.startsWith('\r\n', end) ? end + 2 : end + 1);
        return line;
      }
      const step = await this.#chunks.next();
      if (step.done === true) {
        const line = this.#rest;
        this.#rest = '';
        return line;
      }
      this.#rest += Buffer.from(step.value as Uint8Array).toString('utf8');
    }
  }
}

export async function ask(question: string, io: ToolIo, lines: LineReader): Promise<string> {
  io.stderr.write(question);
  return await lines.next();
}

/** The same, without showing what is typed: a terminal is told to send keys as they are pressed, and not to show them. */
export async function askHidden(question: string, io: ToolIo, lines: LineReader): Promise<string> {
  const terminal = rawModeOf(io.stdin);
  if (terminal === undefined) return await ask(question, io, lines);
  terminal(true);
  try {
    return edited(await ask(question, io, lines));
  } finally {
    terminal(false);
    io.stderr.write('\n');
  }
}

function rawModeOf(input: unknown): ((on: boolean) => void) | undefined {
  if (typeof input !== 'object' || input === null || !('setRawMode' in input) || typeof input.setRawMode !== 'function') return undefined;
  const { setRawMode } = input;
  return (on) => void setRawMode.call(input, on);
}

/** What stands after keys that take back (Backspace, Ctrl-U). */
function edited(keys: string): string {
  let text = '';
  for (const key of keys) {
    if (key === '\u0015') text = '';
    else if (key === '\b' || key === '\u007f') text = [...text].slice(0, -1).join('');
    else text += key;
  }
  return text;
}
