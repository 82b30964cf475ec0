import { execute } from '../execute.ts';
import { main } from '../tsalt-key.ts';

void execute(main);
