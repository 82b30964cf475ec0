import { stateModule } from '../../define.ts';
import { append } from './append.ts';
import { managed } from './managed.ts';
import { absent, directory, symlink, touch } from './paths.ts';

/** Files, directories and links. */
export default stateModule({
  name: 'file',
  doc: 'Files, directories and links.',
  states: { managed, directory, absent, symlink, touch, append },
});
