import { execute } from '../execute.ts';
import { main } from '../tsalt-run.ts';

void execute(main);
