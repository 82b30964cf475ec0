import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { aResult, returnerContract, returnersOf } from '../../test/contracts/returner.ts';
import { Daemon, until } from '../../test/support/process.ts';
import syslog from './syslog.ts';

/** A log daemon's socket: each datagram becomes a line. Python's, for Node.js has no such sockets. */
const LISTENER = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
with open(sys.argv[2], "ab", buffering=0) as out:
    while True:
        out.write(s.recv(1 << 20).rstrip(b"\\n\\0") + b"\\n")
`;

class LogDaemon implements AsyncDisposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'tsalt-syslog-'));
  readonly socket = join(this.#dir, 'log');
  readonly #lines = join(this.#dir, 'lines');
  readonly #daemon = new Daemon(['python3', '-c', LISTENER, this.socket, this.#lines], join(this.#dir, 'out'));

  async start(): Promise<this> {
    this.#daemon.start();
    await until('the socket is there', async () => existsSync(this.socket));
    return this;
  }

  async stop(): Promise<void> {
    await this.#daemon.kill();
    rmSync(this.socket, { force: true });
  }

  get lines(): string[] {
    return existsSync(this.#lines)
      ? readFileSync(this.#lines, 'utf8')
          .trim()
          .split('\n')
          .filter((line) => line !== '')
      : [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#dir, { recursive: true });
  }
}

returnerContract('syslog', async () => {
  const daemon = await new LogDaemon().start();
  return {
    returner: syslog,
    config: { 'syslog.socket': daemon.socket },
    received: async () => {
      const results = daemon.lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))) as { id: string; return: unknown });
      return new Map(results.map((result) => [result.id, result.return]));
    },
    away: () => daemon.stop(),
    back: async () => void (await daemon.start()),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
});

describe('syslog', () => {
  it('speaks with the priority, the facility, the tag and the process id it is told', async () => {
    await using daemon = await new LogDaemon().start();
    const config = { syslog: { socket: daemon.socket, level: 'LOG_ERR', facility: 'LOG_LOCAL3', tag: 'mine', options: ['LOG_PID'] } };
    const { returners, logged } = returnersOf({ returner: syslog, config });
    returners.hand(['syslog'], aResult('a', 'x'.repeat(50_000), { jid: 'J' }));
    const [line = ''] = await until('it is there', async () => (daemon.lines.length > 0 ? daemon.lines : undefined));
    await returners.close();
    assert.deepEqual(logged, []);
    const numbers = 8 * 19 + 3;
    assert.match(
      line,
      new RegExp(`^<${numbers}>[A-Z][a-z]{2} [ \\d]\\d [\\d:]{8} mine\\[${process.pid}\\]: \\{"id": "a", "jid": "J".*x{50000}"\\}$`),
    );
  });

  for (const [option, value, words] of [
    ['level', 'LOG_SHOUT', /syslog\.level must be one of LOG_EMERG/],
    ['facility', 'LOG_X', /syslog\.facility must be one of/],
    ['options', ['LOG_X'], /syslog\.options: LOG_X is none of/],
    ['tag', 'x'.repeat(33), /limited to 32 characters/],
  ] as const)
    it(`refuses a ${option} that there is not`, async () => {
      const { returners, logged } = returnersOf({ returner: syslog, config: { syslog: { [option]: value } } });
      returners.hand(['syslog'], aResult('a', 1));
      await returners.settle(10_000);
      await returners.close();
      assert.match(logged.join(), words);
    });
});
