import { setFlagsFromString } from 'node:v8';

// An agent is idle nearly always: a young generation that stays small saves it a tenth of its memory. Set before
// anything else is loaded. (Other flags, set at run time, can end the process.)
setFlagsFromString('--semi-space-growth-factor=1');
const { main } = await import('../tsalt-minion.ts');

process.exitCode = await main(process.argv.slice(2));
