import { execute } from '../execute.ts';
import { main } from '../tsalt.ts';

void execute(main);
