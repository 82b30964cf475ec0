/** Collects what a job prints and hands it on in pieces: at most one piece a stream every `everyMs`, bounded in all. */
export class OutputStream {
  readonly #send: (stream: 'stdout' | 'stderr', text: string) => void;
  readonly #everyMs: number;
  readonly #pending = { stdout: '', stderr: '' };
  #left: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (stream: 'stdout' | 'stderr', text: string) => void, everyMs = 100, bound = 16 << 20) {
    this.#send = send;
    this.#everyMs = everyMs;
    this.#left = bound;
  }

  write(stream: 'stdout' | 'stderr', text: string): void {
    if (this.#left <= 0) return;
    const piece = text.length > this.#left ? `${text.slice(0, this.#left)}\n[more output follows in the return]\n` : text;
    this.#left -= text.length;
    this.#pending[stream] += piece;
    this.#timer ??= setTimeout(() => this.flush(), this.#everyMs);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const stream of ['stdout', 'stderr'] as const) {
      const text = this.#pending[stream];
      this.#pending[stream] = '';
      if (text !== '') this.#send(stream, text);
    }
  }
}
