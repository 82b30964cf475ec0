import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { call, execModule } from '../../modules/define.ts';
import type { Ports } from './ports.ts';

const PLACES = ['minions', 'minions_pre', 'minions_rejected', 'minions_denied'];
const LATER_MS = 1000;

/** The daemon as a process. */
export default function minion(ports: Ports) {
  return execModule({
    name: 'minion',
    doc: 'The daemon as a process.',
    calls: {
      list: call({
        doc: 'The keys of a master on this machine, by state.',
        examples: ["tsalt '*' minion.list"],
        args: {},
        changes: false,
        async run() {
          const pki = ports.paths.pkiDir.replace('minion', 'master');
          const found: Record<string, string[]> = {};
          for (const place of PLACES) {
            const names = await readdir(join(pki, place)).catch(() => []);
            found[basename(place)] = names.filter((name) => !name.startsWith('.')).sort();
          }
          return found;
        },
      }),
      kill: call({
        doc: 'End this minion, cleanly, a second after the answer.',
        examples: ["tsalt '*' minion.kill"],
        args: { timeout: { type: 'number', default: 15, doc: 'accepted for compatibility' } },
        changes: true,
        run() {
          setTimeout(() => process.kill(process.pid, 'SIGTERM'), LATER_MS).unref();
          return { killed: process.pid, retcode: 0, comment: [] };
        },
      }),
      restart: call({
        doc: 'Restart the service of this minion a second after the answer; needs systemd.',
        examples: ["tsalt '*' minion.restart"],
        args: {
          systemd: { type: 'boolean', default: true, doc: 'accepted for compatibility' },
          win_service: { type: 'boolean', default: true, doc: 'accepted for compatibility' },
          schedule_retry: { type: 'boolean', default: false, doc: 'accepted for compatibility' },
          retry_delay: { type: 'number', default: 180, doc: 'accepted for compatibility' },
        },
        changes: true,
        async run(ctx) {
          const systemctl = ctx.host.which('systemctl');
          if (systemctl === undefined)
            return { restart: {}, retcode: 1, comment: ['There is no systemctl here; restart the service by hand.'] };
          await ctx.spawn(['/bin/sh', '-c', 'sleep 1; exec "$0" restart tsalt-minion.service', systemctl], { detached: true });
          return { restart: { stderr: '', stdout: '' }, retcode: 0, comment: ['The restart is under way.'] };
        },
      }),
    },
  });
}
