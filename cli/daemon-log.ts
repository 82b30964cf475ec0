import type { Log } from '../modules/define.ts';

/** Placeholder until the logger of the configuration room is there. */
export async function daemonLog(_role: 'minion' | 'master', _where: unknown): Promise<Log> {
  const say = (level: string) => (text: string) => void process.stderr.write(`[${level}] ${text}\n`);
  return { debug: say('DEBUG   '), info: say('INFO    '), warn: say('WARNING '), error: say('ERROR   ') };
}
