import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { CommandFailed, call, execModule, type Returnable } from '../../../../modules/define.ts';
import type { JobContext } from '../../callable.ts';
import { createHost } from '../../host.ts';
import { createLoader } from '../../registry.ts';
import type { ForeignHost } from '../host.ts';
import { createNodeHost, type NodeHostOptions } from './host.ts';

const root = mkdtempSync(join(tmpdir(), 'node-host-test-'));
const hosts: ForeignHost[] = [];
after(async () => {
  for (const host of hosts) await host[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});

const logged: string[] = [];
const note = (text: string): void => void logged.push(text);
const log = { debug: note, info: note, warn: note, error: note };

const built = execModule({
  name: 'built',
  doc: 'Built in.',
  calls: {
    add: call({
      doc: 'Adds.',
      examples: [],
      args: { a: { type: 'number', doc: 'a', required: true }, b: { type: 'number', doc: 'b', default: 1 } },
      changes: false,
      run: (_ctx, { a, b }) => a + b,
    }),
    fail: call({
      doc: 'Fails.',
      examples: [],
      args: {},
      changes: false,
      run: (): Returnable => {
        throw new CommandFailed('it went wrong', 4);
      },
    }),
  },
});

/** A loader with these files in its extmods. */
const loaderOf = (files: Record<string, string>, options: Partial<NodeHostOptions> = {}) => {
  const directory = mkdtempSync(join(root, 'extmods-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const grains = { os: 'Debian' };
  const context = { grains, pillar: { secret: { a: 1 } }, opts: { id: 'web1' } };
  const host = createNodeHost({ directory, context: () => context, log, ...options });
  hosts.push(host);
  const loader = createLoader({
    id: 'web1',
    sources: [{ name: 'built', load: async () => ({ default: built }) }],
    hosts: [host],
    host: createHost(() => grains),
    config: () => ({}),
    grains: () => grains,
    pillar: () => ({}),
    log,
  });
  const run = (fun: string, args: readonly unknown[] = [], job: Partial<JobContext> = {}) =>
    loader.invoke(fun, args, { fun, signal: new AbortController().signal, ...job });
  const value = async (fun: string, ...args: unknown[]) => JSON.parse(JSON.stringify((await run(fun, args)).value ?? null));
  return { loader, run, value, write, host };
};

const defined = `
import { execModule, call, CommandFailed, type Ctx, type Returnable } from 'tsalt/modules';
import { twice } from './_helper.ts';
`;
const typed = `${defined}
const sum = async (ctx: Ctx, a: number): Promise<Returnable> => await ctx.call('built.add', [a], { b: twice(2) });
export default execModule({
  name: 'typed',
  doc: 'In TypeScript.',
  calls: {
    sum: call({
      doc: 'Adds four.',
      examples: ['typed.sum 1'],
      args: { a: { type: 'number', required: true, doc: 'a number' } },
      changes: false,
      out: 'txt',
      run: (ctx, { a }) => sum(ctx, a),
    }),
    fail: call({ doc: 'Fails.', examples: [], args: {}, changes: false, run: () => { throw new CommandFailed('no luck', 7); } }),
    pass: call({ doc: 'Fails in the minion.', examples: [], args: {}, changes: false, run: (ctx) => ctx.call('built.fail') }),
  },
});
`;
const plain = `
/**
 * Greets somebody.
 *
 * CLI Example: plain.greet Ann
 */
export function greet(ctx, name, greeting = 'hello', times = 2, ...more) {
  return Array(times).fill(greeting + ' ' + name).concat(more);
}
export const sees = async (ctx) => [ctx.id, ctx.grains.os, ctx.pillar.secret, ctx.config.id, ctx.testing, await ctx.has('built.add'), await ctx.has('no.such'), await ctx.has('plain.greet'), ctx.host.os];
export const nested = async (ctx) => await ctx.call('plain.greet', ['Bob'], { times: 1 });
export const runs = async (ctx) => { const ran = await ctx.spawn(['sh', '-c', 'cat; exit 3'], { stdin: 'in', env: { A: 'b' } }); return [ran.code, ran.stdout.toString()]; };
export const code = (ctx) => { ctx.retcode(5); return null; };
export const wrong = () => { null.x; };
export const unknown = (ctx) => ctx.call('no.such');
export const _hidden = () => 1;
`;

test('a definition in TypeScript is a module as any other: arguments, documentation, errors, calls into the minion', async () => {
  const { run, value, loader } = loaderOf({
    'modules/typed.ts': typed,
    'modules/_helper.ts': 'export const twice = (n: number): number => 2 * n;\n',
  });
  assert.equal(await value('typed.sum', '3'), 7);
  assert.equal((await run('typed.sum', [1])).out, 'txt');
  assert.equal(
    await value('typed.sum'),
    "Passed invalid arguments to typed.sum: sum() missing 1 required positional argument: 'a'\n\n    Adds four.\n\n    a : None\n        a number\n\n    CLI Example:\n\n        typed.sum 1\n    ".replace(
      'a : None',
      'a',
    ),
  );
  const failed = await run('typed.fail');
  assert.deepEqual([failed.value, failed.retcode], ['ERROR: no luck', 7]);
  assert.deepEqual([(await run('typed.pass')).value, (await run('typed.pass')).retcode], ['ERROR: it went wrong', 4]);
  assert.deepEqual(JSON.parse(JSON.stringify(await loader.argspec('typed.sum'))), {
    'typed.sum': { args: ['a'], defaults: null, varargs: null, kwargs: null },
  });
});

test('exported functions are a module: documentation from the comment, arguments from the parameters', async () => {
  const { run, value, loader } = loaderOf({ 'modules/plain.js': plain });
  assert.deepEqual(await value('plain.greet', 'Ann', { __kwarg__: true, times: 1 }), ['hello Ann']);
  assert.deepEqual(await value('plain.greet', 'Ann', 'hi', 1, 'x', 'y'), ['hi Ann', 'x', 'y']);
  assert.match(
    await value('plain.greet'),
    /^Passed invalid arguments to plain\.greet: greet\(\) missing 1 required positional argument: 'name'/,
  );
  assert.equal(
    await value('plain.greet', { __kwarg__: true, nope: 1 }),
    "ERROR executing 'plain.greet': The following keyword arguments are not valid: nope=1",
  );
  assert.deepEqual(JSON.parse(JSON.stringify(await loader.argspec('plain.greet'))), {
    'plain.greet': { args: ['name', 'greeting', 'times'], defaults: ['hello', 2], varargs: true, kwargs: null },
  });
  assert.equal((await loader.docs('plain.greet'))['plain.greet'], '\n    Greets somebody.\n\n    CLI Example: plain.greet Ann\n    ');
  assert.deepEqual(await value('plain.sees', { __kwarg__: true, test: true }), [
    'web1',
    'Debian',
    { a: 1 },
    'web1',
    true,
    true,
    false,
    true,
    'Debian',
  ]);
  assert.deepEqual(await value('plain.nested'), ['hello Bob']);
  assert.deepEqual(await value('plain.runs'), [3, 'in']);
  assert.equal((await run('plain.code')).retcode, 5);
  assert.match(
    await value('plain.wrong'),
    /^The minion function caused an exception: Traceback [\s\S]*plain\.js:\d+[\s\S]*TypeError: Cannot read properties of null/,
  );
  assert.equal(await value('plain.unknown'), "ERROR: 'no.such' is not available.");
  assert.equal(await loader.has('plain._hidden'), false);
});

const rude = `
export const exits = () => process.exit(3);
export const dies = () => process.kill(process.pid, 'SIGKILL');
export const throwsLater = () => new Promise(() => setTimeout(() => { throw new Error('later'); }, 5));
export const rejects = () => { Promise.reject(new Error('unheard')); return new Promise(() => setTimeout(() => {}, 5000)); };
export const leavesTimer = () => { setTimeout(() => { throw new Error('after the end'); }, 30); return 'done'; };
export const loops = () => { for (;;); };
export const grows = () => { const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1)); };
export const growsHeap = () => { const all = []; for (;;) all.push([Math.random(), all.length]); };
export const huge = () => 'x'.repeat(2_000_000);
export const odd = () => ({ set: new Set([1]), date: new Date(0), map: new Map([[1, 'one']]), big: 2n ** 70n, bytes: new Uint8Array([255]), nothing: undefined });
export const circle = () => { const one = {}; one.me = one; return one; };
export const fun = () => () => 1;
export const prints = () => { console.log('printed'); process.stdout.write('more'); return 'quiet'; };
export const pid = () => process.pid;
export const fine = () => 'fine';
`;

test('a function that ends, breaks or fills its process gets an error, and the next call works', { timeout: 60_000 }, async () => {
  const { value } = loaderOf({ 'modules/rude.mjs': rude }, { limit: 1_000_000, memory: () => 300 * 1024 ** 2 });
  assert.match(await value('rude.exits'), /the JavaScript process of this job ended itself with status 3 before it had a result$/);
  assert.match(await value('rude.dies'), /was ended by signal 9 before it had a result$/);
  assert.match(await value('rude.throwsLater'), /Traceback [\s\S]*Error: later$/);
  assert.match(await value('rude.rejects'), /Traceback [\s\S]*Error: unheard$/);
  assert.equal(await value('rude.leavesTimer'), 'done');
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(
    await value('rude.grows'),
    'ERROR: the job was ended: its JavaScript process took more than 300 MiB of memory (modules_memory_max)',
  );
  assert.match(await value('rude.growsHeap'), /took more than 300 MiB of memory|was ended by signal 6/);
  assert.match(await value('rude.huge'), /^ERROR: return cannot be returned: it takes 2000\d+ bytes, more than the limit of 1000000$/);
  assert.match(await value('rude.circle'), /^ERROR: return\.me cannot be returned: it contains itself/);
  assert.match(await value('rude.fun'), /^ERROR: return cannot be returned: it is a function/);
  assert.equal(await value('rude.prints'), 'quiet');
  const odd = (await value('rude.odd')) as Record<string, unknown>;
  assert.deepEqual(
    [odd['set'], odd['date'], odd['big'], odd['nothing']],
    [[1], '1970-01-01T00:00:00.000Z', '1180591620717411303424', null],
  );
  assert.equal(await value('rude.fine'), 'fine');
});

test('a function that loops is ended by an abort, while others go on', { timeout: 30_000 }, async () => {
  const { run, value } = loaderOf({ 'modules/rude.mjs': rude });
  const controller = new AbortController();
  const looping = run('rude.loops', [], { signal: controller.signal });
  assert.equal(await value('rude.fine'), 'fine');
  controller.abort(new Error('killed'));
  assert.equal((await looping).value, 'ERROR: the job was ended: killed');
  assert.equal(await value('rude.fine'), 'fine');
});

test('a process that a job has left in order takes the next one, and one with a timer left over does not', async () => {
  const { value } = loaderOf({ 'modules/rude.mjs': rude });
  const first = await value('rude.pid');
  assert.equal(await value('rude.pid'), first);
  await value('rude.leavesTimer');
  assert.notEqual(await value('rude.pid'), first);
});

test('a module that cannot be imported says why, and harms no other', { timeout: 30_000 }, async () => {
  const { value } = loaderOf(
    {
      'modules/broken.js': 'export const f = (;\n',
      'modules/mistyped.ts': 'export const f = (a: ) => 1;\n',
      'modules/absent.js': "import 'no-such-package';\n",
      'modules/killer.js': 'process.exit(1);\n',
      'modules/sleeper.js': 'for (;;);\nexport {};\n',
      'modules/refuses.js': "export const serves = (host) => host.os === 'Plan9' || 'only on Plan 9';\nexport const f = () => 1;\n",
      'modules/common.js': 'exports.f = (ctx) => 1;\n',
      'modules/fine.mjs': 'export const f = () => 1;\n',
    },
    { importTimeout: 2 },
  );
  assert.match(await value('broken.f'), /^'broken' __virtual__ returned False: broken\.js cannot be loaded: /);
  assert.match(await value('mistyped.f'), /^'mistyped' __virtual__ returned False: mistyped\.ts cannot be loaded: .*mistyped\.ts:1/);
  assert.match(await value('absent.f'), /Cannot find (?:package|module) 'no-such-package'/);
  assert.equal(await value('killer.f'), "'killer' __virtual__ returned False: importing it ended or stopped the JavaScript process");
  assert.equal(await value('sleeper.f'), "'sleeper' __virtual__ returned False: importing it ended or stopped the JavaScript process");
  assert.equal(await value('refuses.f'), "'refuses' __virtual__ returned False: only on Plan 9");
  assert.equal(await value('common.f'), 1);
  assert.equal(await value('fine.f'), 1);
});

test('a refresh sees new and changed files', async () => {
  const { value, write, loader } = loaderOf({ 'modules/a.js': 'export const f = () => 1;\n' });
  assert.equal(await value('a.f'), 1);
  write('modules/a.js', 'export const f = () => 2;\n');
  write('modules/b.js', 'export const f = () => 3;\n');
  await loader.refresh();
  assert.deepEqual([await value('a.f'), await value('b.f')], [2, 3]);
});

test('grains come from sources and from functions; one that fails leaves out its own', async () => {
  const { host, loader } = loaderOf({
    'grains/site.js': "export default { name: 'site', doc: '', collect: async (host) => ({ rack: 'r1', seen: host.grains.os }) };\n",
    'grains/z.ts': "export const more = (host: { grains: { rack: string } }) => ({ more: host.grains.rack + '!' });\n",
    'grains/bad.mjs': "export const f = () => { throw new Error('no grain'); };\n",
  });
  logged.length = 0;
  assert.deepEqual({ ...(await host.grains(loader.builtins)) }, { rack: 'r1', seen: 'Debian', more: 'r1!' });
  assert.ok(logged.includes('custom grains are missing: bad.mjs: no grain'), logged.join('\n'));
});
