// Runs the tests: `node test/run.mjs [path prefix ...]`. Node 20 takes no globs, so the files are listed here.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const ROOMS = ['protocol', 'modules', 'kernel', 'states', 'minion', 'master', 'cli', 'web', 'test'];
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));

const files = ROOMS.flatMap((room) => list(room)).filter((file) => wanted.length === 0 || wanted.some((prefix) => file.startsWith(prefix)));
/** Whole systems, with daemons of their own: one after the other, so that they do not starve one another. */
const whole = files.filter((file) => file.startsWith('test/'));
const units = files.filter((file) => !whole.includes(file));

const results = [run(units, 2), run(whole, 1)];
process.exitCode = results.every((status) => status === 0) ? 0 : 1;

function list(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory()) return list(path);
      return entry.name.endsWith('.test.ts') ? [path] : [];
    });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function run(some, concurrency) {
  if (some.length === 0) return 0;
  const flags = [
    '--import',
    'tsx',
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
  ];
  const summary = ['--test-reporter=./test/reporter.mjs', '--test-reporter-destination=stdout'];
  const { status, error } = spawnSync(process.execPath, [...flags, ...summary, ...some], {
    stdio: 'inherit',
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  if (error) throw error;
  return status ?? 1;
}
