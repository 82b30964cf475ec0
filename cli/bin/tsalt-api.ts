import { main } from '../tsalt-api.ts';

process.exitCode = await main(process.argv.slice(2));
