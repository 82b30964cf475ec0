#!/usr/bin/env node
import { execute } from '../execute.ts';
import { main } from '../tsalt-cp.ts';

await execute(main);
