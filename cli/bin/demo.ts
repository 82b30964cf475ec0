import { main } from '../demo.ts';

process.exitCode = await main();
