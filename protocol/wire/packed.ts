/**
 * A msgpack value that was checked to be well formed but is left as bytes: what a minion returns goes
 * through the master to the job store and the command line without being decoded and encoded again.
 * `encode` writes the bytes as they are.
 */
export class Packed {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}
