import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { realSalt } from '../support/salt.ts';
import { difference, folderOf, steadied, topFiles } from './formulas.ts';
import { Overlay } from './overlay.ts';
import { comparable } from './trees.ts';

/**
 * By hand, as root: `unshare --mount node --import tsx test/parity/apply-formulas.ts DIR...`, after a build, applies formulas with their `pillar.example` for
 * real, on an overlay over this machine's files. The real Salt must find the same to do after ours as after itself, and ours
 * after the real Salt; the results and the files must be equal.
 */
const CONF = '/srv/trial/conf';
type Maker = 'ours' | 'real';
/** Each list is done on a machine of its own. */
const COURSES: Readonly<Record<string, readonly Maker[]>> = { A: ['ours', 'real'], B: ['real', 'real', 'ours'] };

const commands: Readonly<Record<Maker, readonly string[]>> = {
  ours: [process.execPath, resolve('dist/bin/tsalt-call.js')],
  real: [join(realSalt() ?? '', 'salt-call')],
};

interface Course {
  readonly answers: readonly unknown[];
  readonly files: readonly string[];
}

function follow(home: string, dir: string, makers: readonly Maker[]): Course {
  const overlay = new Overlay(home);
  for (const [name, text] of Object.entries(topFiles(dir))) overlay.write(`/srv/trial/${name}`, text);
  for (const maker of ['ours', 'real']) overlay.write(`${CONF}/${maker}/minion`, JSON.stringify(options(maker, dir)));
  try {
    let files: readonly string[] | undefined;
    const answers = makers.map((maker) => {
      const answer = apply(overlay, maker);
      files ??= overlay.changed();
      return answer;
    });
    return { answers, files: files ?? [] };
  } finally {
    overlay.close();
  }
}

const options = (maker: string, dir: string): object => ({
  id: 'trial',
  file_client: 'local',
  root_dir: `/srv/trial/${maker}`,
  file_roots: { base: ['/srv/trial/base', dir] },
  pillar_roots: { base: ['/srv/trial/pillar'] },
});

function apply(overlay: Overlay, maker: Maker): unknown {
  const words = ['--local', '-c', `${CONF}/${maker}`, '-l', 'quiet', '--out', 'json', '--retcode-passthrough', 'state.apply'];
  const { code, stdout, stderr } = overlay.run(...commands[maker], ...words);
  const text = stdout.replaceAll(`/srv/trial/${maker}`, '/srv/trial/home');
  try {
    const value = (JSON.parse(text) as { readonly local: unknown }).local;
    return steadied({ code, answer: comparable({ value }) });
  } catch {
    return { code, stdout, stderr };
  }
}

const results = (answer: unknown): readonly { readonly result?: unknown; readonly changes?: object }[] => {
  const { value } = (answer as { readonly answer?: { readonly value?: unknown } }).answer ?? {};
  return Array.isArray(value) ? value.map((entry) => (Array.isArray(entry) ? entry[1] : {})) : [];
};
const counted = (answer: unknown): string => {
  const all = results(answer);
  const failed = all.filter(({ result }) => result === false).length;
  const changed = all.filter(({ changes }) => Object.keys(changes ?? {}).length > 0).length;
  return `${all.length} states, ${failed} failed, ${changed} changed`;
};

function report(name: string, a: Course, b: Course): void {
  const pairs = [
    ['the first run', b.answers[0], a.answers[0]],
    ['the real Salt after ours', b.answers[1], a.answers[1]],
    ['ours after the real Salt', b.answers[1], b.answers[2]],
    ['the files', b.files, a.files],
  ] as const;
  process.stdout.write(`${name}: ${counted(a.answers[0])}; once more: ${counted(a.answers[1])}; ${a.files.length} paths\n`);
  for (const [what, real, ours] of pairs)
    process.stdout.write(isDeepStrictEqual(real, ours) ? `  the same: ${what}\n` : `  differs: ${what}\n${difference(real, ours)}`);
}

const home = mkdtempSync(join(tmpdir(), 'tsalt-apply-'));
execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', home]);
for (const dir of process.argv.slice(2).map((path) => resolve(path))) {
  const [a, b] = Object.entries(COURSES).map(([course, makers]) => follow(join(home, folderOf(dir), course), dir, makers));
  if (a !== undefined && b !== undefined) report(folderOf(dir), a, b);
}
