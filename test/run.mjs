// Runs the tests: `node test/run.mjs [path prefix ...]`. Node 20 takes no globs, so the files are listed here.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOMS = ['protocol', 'modules', 'kernel', 'states', 'minion', 'master', 'cli', 'web', 'test'];
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
/** Thousands of calls of states, each by processes of both makes: for `npm run parity` alone. */
const LONG = ['states', 'trees'].map((name) => `test/parity/${name}.test.ts`);
const isWanted = (file) => (wanted.length === 0 ? !LONG.includes(file) : wanted.some((prefix) => file.startsWith(prefix)));
const files = ROOMS.flatMap((room) => list(room)).filter(isWanted);

/** The comparison with the real Salt, call by call. */
const parity = files.filter((file) => file.startsWith('test/parity/'));
/** Whole systems, with daemons of their own: one after the other, so that they do not starve one another. */
const whole = files.filter((file) => file.startsWith('test/') && !parity.includes(file));
const units = files.filter((file) => !file.startsWith('test/'));

const failed = new Map([...run(units, 2), ...run(whole, 1), ...run(parity, 1)]);
const broken = failed.size === 0 ? [] : again(failed);
if (broken.length > 0) process.stdout.write(`\nFailed:\n  ${broken.join('\n  ')}\n`);
process.exitCode = broken.length === 0 ? 0 : 1;

/** A failure is only one if it comes again when nothing else runs; one that does not is named, to be looked into. */
function again(failed) {
  const files = [...failed.keys()];
  process.stdout.write(`\nOnce more, alone: ${files.join(', ')}\n`);
  const modules = modulesOf(failed.get('test/parity/parity.test.ts') ?? []);
  const still = run(files, 1, { TSALT_PARITY: modules.join(',') });
  const shaky = files.filter((file) => !still.has(file));
  if (shaky.length > 0) process.stdout.write(`\nPassed only when run again:\n  ${shaky.join('\n  ')}\n`);
  return [...still.keys()];
}

/** Whose comparison failed: all modules would take a third of the whole time once more. None: the file failed as a whole. */
function modulesOf(suites) {
  const names = suites.map((suite) => suite.split(' ')[0]);
  return names.every((name) => /^\w+$/.test(name)) ? names : [];
}

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

/** Runs these files and answers those in which something failed, with the names of what failed at their outermost level. */
function run(some, concurrency, more = {}) {
  if (some.length === 0) return new Map();
  const home = mkdtempSync(join(tmpdir(), 'tsalt-run-'));
  const flags = ['--import', 'tsx', '--test', `--test-concurrency=${concurrency}`];
  const reporters = [
    ['dot', 'stdout'],
    ['./test/reporter.mjs', 'stdout'],
    ['./test/failed-files.mjs', join(home, 'failed')],
  ].flatMap(([reporter, to]) => [`--test-reporter=${reporter}`, `--test-reporter-destination=${to}`]);
  const { status, error } = spawnSync(process.execPath, [...flags, ...reporters, ...some], {
    stdio: 'inherit',
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...more },
  });
  if (error) throw error;
  const named = readFileSync(join(home, 'failed'), 'utf8')
    .split('\n')
    .map((line) => line.split('\t'));
  rmSync(home, { recursive: true });
  const namesIn = (file) => named.filter(([path]) => path.endsWith(`/${file}`)).map(([, name]) => name);
  const all = some.map((file) => [file, namesIn(file)]);
  const failures = all.filter(([, names]) => names.length > 0);
  // It ended badly without naming anybody: then none of them can be trusted.
  return new Map(status === 0 || failures.length > 0 ? failures : all);
}
