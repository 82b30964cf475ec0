#!/usr/bin/env node
import { execute } from '../execute.ts';
import { main } from '../tsalt-run.ts';

await execute(main);
