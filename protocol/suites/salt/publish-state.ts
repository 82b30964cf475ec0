import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { BadFrame } from '../../errors.ts';
import { isMessage } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import { isKeyText } from './crypticle.ts';

/** What must outlive the master so that a restart makes no minion join anew. */
export interface PublishState {
  /** The publish key, base64 of 56 bytes. */
  readonly aes: string;
  /** No publication with a higher serial was made with this key. */
  readonly serial: number;
}

export interface PublishStateStore {
  load(): PublishState | undefined;
  /** Must be durable when it returns: a serial used twice is ignored by the minions. */
  save(state: PublishState): void;
}

/** For a master whose restart may make every minion join anew. */
export const forgetfulState: PublishStateStore = { load: () => undefined, save: () => undefined };

/** Keeps the state in one file of mode 0600. A file that cannot be understood is as good as none. */
export function publishStateFile(file: string): PublishStateStore {
  return {
    load: () => read(file),
    save: (state) => write(file, encode({ aes: state.aes, serial: state.serial })),
  };
}

function read(file: string): PublishState | undefined {
  try {
    const state = decode(readFileSync(file));
    if (!isMessage(state)) return undefined;
    const { aes, serial } = state;
    return isKeyText(aes) && typeof serial === 'number' && Number.isSafeInteger(serial) ? { aes, serial } : undefined;
  } catch (error) {
    if (error instanceof BadFrame || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) return undefined;
    throw error;
  }
}

function write(file: string, bytes: Uint8Array): void {
  const beside = `${file}.new`;
  rmSync(beside, { force: true });
  const handle = openSync(beside, 'wx', 0o600);
  try {
    writeSync(handle, bytes);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, file);
}
