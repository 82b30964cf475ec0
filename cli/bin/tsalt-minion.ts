#!/usr/bin/env node
import { main } from '../tsalt-minion.ts';

process.exitCode = await main(process.argv.slice(2));
