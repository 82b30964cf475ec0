import { execute } from '../execute.ts';
import { main } from '../tsalt-call.ts';

void execute(main);
