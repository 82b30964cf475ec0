import type { Log, SpawnOptions } from '../../../../modules/define.ts';
import { entriesOf } from '../../arguments.ts';
import type { Run } from '../../callable.ts';
import { createSpawn } from '../../spawn.ts';
import { type Answer, answerBy } from '../answer.ts';
import type { Message } from '../frames.ts';
import { errorMessage } from './errors.ts';

const call = answerBy(errorMessage);

/** Answers what a module in JavaScript asks: functions, programs (which end with the job, whatever becomes of its process), the log. */
export const answerNode =
  (log: Log): Answer =>
  async (message, others, run) => {
    if (message['op'] === 'log') return note(log, message);
    return message['op'] === 'spawn' ? await spawn(log, message, run) : await call(message, others, run);
  };

const note = (log: Log, { level, text }: Message): undefined => {
  const known = (['debug', 'info', 'warn', 'error'] as const).find((one) => one === level) ?? 'info';
  log[known](String(text));
};

async function spawn(log: Log, message: Message, { job }: Run): Promise<Message> {
  const run = createSpawn({ signal: job.signal, log, output: job.output?.bind(job) });
  const argv = Array.isArray(message['argv']) ? message['argv'].map(String) : [];
  try {
    return { ok: true, ...(await run(argv, optionsOf(message['options']))) };
  } catch (thrown) {
    return { ok: false, ...errorMessage(thrown) };
  }
}

const KINDS = {
  cwd: 'string',
  cleanEnv: 'boolean',
  uid: 'number',
  gid: 'number',
  timeout: 'number',
  mergeStderr: 'boolean',
  detached: 'boolean',
  umask: 'number',
} as const;

/** What the other process gave, as far as it is of the right kind. */
function optionsOf(given: unknown): SpawnOptions {
  const fields = new Map(entriesOf(given));
  const options: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(KINDS)) {
    const value = fields.get(name);
    const plain = value !== null && typeof value === 'object' && kind === 'number' ? Number(value) : value;
    if (typeof plain === kind) options[name] = plain;
  }
  const stdin = fields.get('stdin');
  if (typeof stdin === 'string' || stdin instanceof Uint8Array) options['stdin'] = stdin;
  const env = entriesOf(fields.get('env'));
  if (env !== undefined)
    options['env'] = Object.fromEntries(env.map(([name, value]) => [String(name), value === null ? null : String(value)]));
  return options;
}
