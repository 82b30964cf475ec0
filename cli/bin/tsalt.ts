#!/usr/bin/env node
import { execute } from '../execute.ts';
import { main } from '../tsalt.ts';

await execute(main);
