import { createSpawn } from '../../../kernel/loader/spawn.ts';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import type { Data } from '../../../kernel/render/python/value.ts';
import { loadYaml } from '../../../kernel/render/yaml/index.ts';
import { splitWords } from '../../../modules/exec/file/words.ts';
import { messageOf } from '../../../protocol/errors.ts';
import type { Source, SourceParts } from './source.ts';

/** Ids of minions that a shell takes as they are. */
const PLAIN_ID = /^[\w.@:-]+$/;
/** Seconds a command may take. */
const PATIENCE = 60;

/** `cmd_yaml`: what a command line prints, run by a shell; `%s` in it is the id of the minion. */
export const commandYaml: Source = commandSource('YAML', (command) => ['/bin/sh', '-c', command], loadYaml);

/** `cmd_json`: likewise, without a shell, as Salt runs it. */
export const commandJson: Source = commandSource('JSON', splitWords, (text) => fromPlain(JSON.parse(text)));

function commandSource(format: string, argv: (command: string) => readonly string[], read: (text: string) => Data): Source {
  return {
    args: ['command'],
    required: 1,
    async run(parts, { named }) {
      const command = str(named.get('command') ?? null);
      try {
        return read(await printed(parts, command, argv));
      } catch (error) {
        parts.log.error(`${format} data from '${command}' failed to parse: ${messageOf(error).split('\n', 1)[0]}`);
        return new Map();
      }
    },
  };
}

async function printed({ request, log }: SourceParts, command: string, argv: (command: string) => readonly string[]): Promise<string> {
  if (command.includes('%s') && !PLAIN_ID.test(request.id)) throw new RangeError(`the id ${request.id} does not fit into a command`);
  const spawn = createSpawn({ signal: new AbortController().signal, log });
  const ran = await spawn(argv(command.replaceAll('%s', request.id)), { timeout: PATIENCE });
  if (ran.timedOut) throw new RangeError(`it did not end within ${PATIENCE} s`);
  return ran.stdout.toString();
}
