import { stateModule } from '../../define.ts';
import { options_absent, sections_absent } from './absent.ts';
import { options_present, sections_present } from './present.ts';

/** Files of options in sections. */
export default stateModule({
  name: 'ini',
  doc: 'Files of options in sections.',
  states: { options_present, options_absent, sections_present, sections_absent },
});
