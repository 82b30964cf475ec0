#!/usr/bin/env node
import { execute } from '../execute.ts';
import { main } from '../tsalt-call.ts';

await execute(main);
