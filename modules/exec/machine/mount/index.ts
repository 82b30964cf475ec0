import { execModule } from '../../../define.ts';
import { looking } from './active.ts';
import { caching } from './cache.ts';
import { tables } from './fstab.ts';
import { mounting } from './mounting.ts';
import { swapping } from './swap.ts';

export default execModule({
  name: 'mount',
  doc: 'What is mounted, fstab, and swaps.',
  calls: { ...looking, ...tables, ...mounting, ...swapping, ...caching },
});
