import { BadFrame } from '../../errors.ts';

/** Lets publications pass in order only: under one publish key the serial must grow. Outlives a session. */
export class SerialGate {
  #keyText = '';
  #last = 0;

  /** `serial` undefined: a cluster of masters sends none. @throws BadFrame for a serial that was passed already. */
  pass(keyText: string, serial: unknown): void {
    if (keyText !== this.#keyText) {
      this.#keyText = keyText;
      this.#last = 0;
    }
    if (serial === undefined) return;
    if (typeof serial !== 'number' || !Number.isSafeInteger(serial)) throw new BadFrame('a publication with a serial that is no number');
    if (serial <= this.#last) throw new BadFrame(`publication ${serial} came again or too late, ${this.#last} was seen`);
    this.#last = serial;
  }
}
