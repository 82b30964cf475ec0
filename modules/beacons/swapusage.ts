import { usageBeacon } from './memory.ts';

export default usageBeacon('swapusage', 'swap space', 'SwapTotal', 'SwapFree');
