import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { program } from '../support/house.ts';
import { realSalt } from '../support/salt.ts';
import { missing } from './skip.ts';
import { comparable, TREE_OPTIONS, type Tree, treeFiles } from './trees.ts';

/** What a process of either side came to. */
interface End {
  readonly code: number | null;
  readonly answer: unknown;
  /** What there is besides the tree itself. */
  readonly made: readonly string[];
}

const salt = realSalt();
const home = mkdtempSync(join(tmpdir(), 'tsalt-broken-'));
const tmp = join(home, 'tmp');
after(() => rmSync(home, { recursive: true, force: true }));

const OURS = program('tsalt', 'call');
const PARTS = new Set(['base', 'dev', 'pillar']);

const placed = (text: string): string => text.replaceAll('{tmp}', tmp);

function write(tree: Tree): void {
  rmSync(tmp, { recursive: true, force: true });
  for (const [name, text] of Object.entries(tree.files ?? {})) {
    mkdirSync(dirname(join(tmp, name)), { recursive: true });
    writeFileSync(join(tmp, name), placed(text));
  }
}

function configure(side: string): string {
  const root = join(home, side);
  mkdirSync(root, { recursive: true });
  const own = { root_dir: root, cachedir: join(root, 'cache'), pki_dir: join(root, 'pki'), log_file: join(root, 'log') };
  const options = { id: 'parity', file_client: 'local', ...own, ...(JSON.parse(placed(JSON.stringify(TREE_OPTIONS))) as object) };
  writeFileSync(join(root, 'minion'), JSON.stringify(options));
  return root;
}

function run(command: readonly string[], side: string, tree: Tree): End {
  const [program = '', ...before] = command;
  const [call] = tree.calls;
  assert.ok(call !== undefined);
  write(tree);
  const args = [
    '--local',
    '-c',
    configure(side),
    '-l',
    'quiet',
    '--out',
    'json',
    '--retcode-passthrough',
    call.fun,
    ...call.args.map(String),
  ];
  const { status, stdout } = spawnSync(program, [...before, ...args], { encoding: 'utf8' });
  const value = stdout.trim() === '' ? null : (JSON.parse(stdout) as { readonly local: unknown }).local;
  // Each side names its own directories.
  const answer = JSON.parse(JSON.stringify(comparable({ value })).replaceAll(join(home, side), '/root'));
  return { code: status, answer, made: readdirSync(tmp).filter((name) => !PARTS.has(name)) };
}

describe('what is wrong with SLS files ends a process as it ends that of the real Salt', {
  skip: missing({ packages: [], root: true }, salt),
}, () => {
  for (const tree of treeFiles(['broken']).get('broken') ?? []) {
    if (tree.differs !== undefined) continue;
    test(tree.name, () => assert.deepEqual(run(OURS, 'ours', tree), run([join(salt ?? '', 'salt-call')], 'real', tree)));
  }
});
