#!/usr/bin/env node
import { execute } from '../execute.ts';
import { main } from '../tsalt-key.ts';

await execute(main);
