import { execute } from '../execute.ts';
import { main } from '../tsalt-cp.ts';

void execute(main);
