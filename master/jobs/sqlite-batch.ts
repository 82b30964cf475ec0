import { encode } from '../../protocol/wire/msgpack.ts';
import { ABSENT, type Row, type Slice, STATE_BITS, STATES, SUCCESS } from './sqlite-messages.ts';
import type { Job, JobReturn } from './store.ts';

/** The class of a job that names none. */
export const DEFAULT_CLASS = 'default';

/** Rows on their way to the database thread, with their byte parts in one growing block. */
export class Batch {
  readonly rows: Row[] = [];
  #block = new Uint8Array(4096);
  #used = 0;

  get size(): number {
    return this.#used;
  }

  /** What is handed over; the batch must not be used afterwards. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#block;
  }

  open(job: Job): void {
    const { jid, user, fun, keep, expected } = job;
    const several = typeof fun === 'string' ? undefined : fun;
    const detail = { kind: job.target.kind, expression: job.target.expression, fun: several, metadata: job.metadata };
    const row = { jid, user, fun: several?.join(',') ?? String(fun), keep: keep ?? DEFAULT_CLASS, expected };
    this.rows.push({ op: 'open', ...row, args: this.#put(encode(job.args)), detail: this.#put(encode(detail)) });
  }

  record(result: JobReturn): void {
    const { jid, minion, retcode, fun, out, funArgs, reason, value } = result;
    const bits = (STATES.indexOf(result.state) & STATE_BITS) | (result.success ? SUCCESS : 0);
    const several = fun === undefined || typeof fun === 'string' ? undefined : fun;
    const more = reason === undefined && several === undefined ? undefined : encode({ reason, fun: several });
    const single = typeof fun === 'string' ? fun : null;
    this.rows.push([
      jid,
      minion,
      bits,
      retcode,
      result.returnedAt.getTime(),
      single,
      out ?? null,
      ...this.#put(value?.bytes),
      ...this.#put(funArgs === undefined ? undefined : encode(funArgs)),
      ...this.#put(more),
    ]);
  }

  #put(bytes: Uint8Array | undefined): Slice {
    if (bytes === undefined) return ABSENT;
    const start = this.#used;
    this.#reserve(start + bytes.length);
    this.#block.set(bytes, start);
    this.#used += bytes.length;
    return [start, bytes.length];
  }

  #reserve(size: number): void {
    if (size <= this.#block.length) return;
    const larger = new Uint8Array(Math.max(size, this.#block.length * 2));
    larger.set(this.#block);
    this.#block = larger;
  }
}
