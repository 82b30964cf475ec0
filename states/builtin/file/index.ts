import { stateModule } from '../../define.ts';
import { accumulated } from './accumulated.ts';
import { append, prepend } from './additions.ts';
import { blockreplace } from './blockreplace.ts';
import { cached, notCached } from './cached.ts';
import { directory } from './directory.ts';
import { comment, line, replace, uncomment } from './edits.ts';
import { keyvalue } from './keyvalue.ts';
import { hardlink, symlink } from './links.ts';
import { exists, missing } from './looks.ts';
import { managed } from './managed.ts';
import { copy, rename } from './moves.ts';
import { decode, mknod } from './nodes.ts';
import { patch } from './patch.ts';
import { recurse } from './recurse.ts';
import { absent, pruned, tidied } from './removal.ts';
import { serialize } from './serialize.ts';
import { touch } from './touch.ts';

/** Files, directories and links. */
export default stateModule({
  name: 'file',
  doc: 'Files, directories and links.',
  states: {
    absent,
    accumulated,
    append,
    blockreplace,
    cached,
    comment,
    copy,
    decode,
    directory,
    exists,
    hardlink,
    keyvalue,
    line,
    managed,
    missing,
    mknod,
    not_cached: notCached,
    patch,
    prepend,
    pruned,
    recurse,
    rename,
    replace,
    serialize,
    symlink,
    tidied,
    touch,
    uncomment,
  },
});
