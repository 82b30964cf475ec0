import { usageBeacon } from './memory.ts';

export default usageBeacon('memusage', 'memory', 'MemTotal', 'MemAvailable');
