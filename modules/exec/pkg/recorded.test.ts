import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { invoke, witness } from '../../../test/support/ctx.ts';
import type { ExecModule, Ran, Returnable } from '../../define.ts';
import apk from './apk/index.ts';
import dnf from './dnf/index.ts';
import pacman from './pacman/index.ts';
import rpm from './rpm/lowpkg.ts';
import zypper from './zypper/index.ts';

/** What a program of another system printed. Of several for one command, each is given once, and the last again and again. */
interface Recorded {
  /** How the command line begins. */
  readonly command: string;
  readonly stdout?: readonly string[];
  readonly stderr?: readonly string[];
  readonly code?: number;
}
interface Case {
  readonly title: string;
  readonly fun: string;
  readonly args?: Record<string, Returnable>;
  readonly rest?: readonly Returnable[];
  readonly extra?: Record<string, Returnable>;
  readonly recorded: readonly Recorded[];
  /** Commands that must have been run, in this order. */
  readonly ran?: readonly string[];
  readonly returns?: Returnable;
  readonly throws?: string;
}

const SYSTEMS: readonly {
  readonly module: ExecModule;
  readonly folder: string;
  readonly programs: readonly string[];
  readonly osarch: string;
}[] = [
  { module: dnf, folder: 'dnf', programs: ['dnf', 'rpm'], osarch: 'x86_64' },
  { module: zypper, folder: 'zypper', programs: ['zypper', 'rpm'], osarch: 'x86_64' },
  { module: rpm, folder: 'rpm', programs: ['rpm'], osarch: 'x86_64' },
  { module: pacman, folder: 'pacman', programs: ['pacman'], osarch: 'x86_64' },
  { module: apk, folder: 'apk', programs: ['apk'], osarch: 'x86_64' },
];

const replay = (recorded: readonly Recorded[], ran: string[]) => {
  const left = [...recorded];
  return async (argv: readonly string[]): Promise<Ran> => {
    const line = argv.join(' ');
    ran.push(line);
    const fitting = left.filter(({ command }) => line.startsWith(command));
    const [first] = fitting;
    if (first === undefined) throw new Error(`nothing is recorded for: ${line}`);
    if (fitting.length > 1) left.splice(left.indexOf(first), 1);
    const bytes = (lines: readonly string[] = []): Buffer => Buffer.from(lines.map((each) => `${each}\n`).join(''));
    return { pid: 1, code: first.code ?? 0, stdout: bytes(first.stdout), stderr: bytes(first.stderr), timedOut: false };
  };
};

for (const { module, folder, programs, osarch } of SYSTEMS) {
  const cases = JSON.parse(readFileSync(new URL(`./${folder}/recorded.json`, import.meta.url), 'utf8')) as Case[];
  const host = {
    os: folder,
    osFamily: folder,
    which: (program: string) => (programs.includes(program) ? `/usr/bin/${program}` : undefined),
  };
  test(`${folder} serves a system that has it, and no other`, () => {
    assert.equal(module.serves?.(host), true);
    assert.equal(typeof module.serves?.({ ...host, which: () => undefined }), 'string');
  });
  for (const one of cases) {
    test(`${folder}: ${one.title}`, async () => {
      const ran: string[] = [];
      const grains = { os: folder, os_family: folder, osarch };
      const here = witness({ host, grains, rest: one.rest ?? [], extra: one.extra ?? {} });
      const ctx = { ...here.ctx, spawn: replay(one.recorded, ran) };
      const answer = invoke(module, one.fun, one.args ?? {}, { ...here, ctx });
      if (one.throws !== undefined) await assert.rejects(answer, { message: one.throws });
      else assert.deepEqual(JSON.parse(JSON.stringify(await answer)), one.returns);
      assert.deepEqual(
        ran.filter((line) => one.ran?.includes(line)),
        one.ran ?? [],
        ran.join('\n'),
      );
    });
  }
}
