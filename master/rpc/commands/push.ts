import type { Log } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import { bytesOf } from '../../../protocol/wire/envelope.ts';
import { receivePiece } from '../../files/receive.ts';
import { type Command, numberIn, textsIn } from '../command.ts';

export interface PushParts {
  /** `cachedir/minions`. */
  readonly directory: string;
  /** Largest file, in bytes; 0: minions may push nothing (Salt's `file_recv`). */
  readonly most: () => number;
  readonly log: Log;
}

/** Files that minions push to the master (`cp.push`): true when a piece was taken, false when not. */
export const pushCommands = ({ directory, most, log }: PushParts): readonly Command[] => [
  {
    name: '_file_recv',
    run: async (minion, load) => {
      const [path, offset, data] = [textsIn(load, 'path'), numberIn(load, 'loc'), bytesOf(load['data'])];
      if (most() === 0 || path === undefined || offset === undefined || data === undefined) return false;
      try {
        await receivePiece({ directory, most: most() }, minion, { path, offset, data });
        return true;
      } catch (error) {
        log.warn(`the file ${JSON.stringify(path.join('/').slice(0, 200))} of ${minion}: ${messageOf(error)}`);
        return false;
      }
    },
  },
];
