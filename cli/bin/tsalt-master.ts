#!/usr/bin/env node
import { main } from '../tsalt-master.ts';

process.exitCode = await main(process.argv.slice(2));
