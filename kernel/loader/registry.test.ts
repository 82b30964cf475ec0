import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallRefused, CommandFailed, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import type { JobContext, ModuleHost } from './callable.ts';
import { createHost } from './host.ts';
import { createLoader, type LoaderOptions } from './registry.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const job: JobContext = { fun: 'x', signal: new AbortController().signal };

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const fake = execModule({
  name: 'fake',
  doc: 'For tests.',
  calls: {
    sleep: call({
      doc: 'Wait.',
      examples: ["tsalt '*' fake.sleep 20"],
      args: { length: { type: 'number', doc: 'seconds', required: true } },
      changes: false,
      run: (_ctx, { length }) => length,
    }),
    types: call({
      doc: 'What arrived.',
      examples: [],
      args: {
        text: { type: 'string', doc: 'text' },
        flag: { type: 'boolean', doc: 'a flag', default: false },
        items: { type: 'list', doc: 'a list', default: [] },
        table: { type: 'map', doc: 'a map' },
      },
      changes: false,
      run: (_ctx, args) => ({ ...args, text: args.text ?? null, table: args.table ?? null }),
    }),
    open: call({
      doc: 'Takes everything.',
      examples: [],
      args: { first: { type: 'any', doc: 'the first' } },
      rest: 'more values',
      extra: 'any keyword',
      changes: true,
      out: 'highstate',
      run: (ctx, { first }) => ({ first: first ?? null, rest: ctx.rest, extra: ctx.extra, testing: ctx.testing }),
    }),
    set: call({
      doc: 'Changes something.',
      examples: [],
      args: {},
      changes: true,
      run: (ctx) => ctx.testing,
    }),
    fail: call({
      doc: 'Fails in a chosen way.',
      examples: [],
      args: { how: { type: 'string', doc: 'how', required: true } },
      changes: false,
      run: (ctx, { how }): Returnable => {
        if (how === 'command') throw new CommandFailed('no such package', 7);
        if (how === 'refused') throw new CallRefused('no such file');
        if (how === 'exception') throw new RangeError('boom');
        if (how === 'result') return { result: false };
        if (how === 'retcode') ctx.retcode(3);
        if (how === 'function') return { a: [0, { b: () => 1 }] } as unknown as Returnable;
        return how;
      },
    }),
    outer: call({
      doc: 'Calls another function.',
      examples: [],
      args: { fun: { type: 'string', doc: 'name', required: true }, how: { type: 'any', doc: 'its argument' } },
      changes: false,
      run: (ctx, { fun, how }) => ctx.call(fun, how === undefined ? [] : [how]),
    }),
    shell: call({
      doc: 'Runs a shell.',
      examples: [],
      args: { text: { type: 'string', doc: 'text', required: true } },
      changes: false,
      run: async (ctx, { text }) => (await ctx.spawn(['sh', '-c', text])).stdout.toString(),
    }),
  },
});

const apt = (name: string, serves: true | string): ExecModule => ({
  name: 'pkg',
  doc: 'Packages.',
  serves: () => serves,
  calls: { tool: call({ doc: 'Which.', examples: [], args: {}, changes: false, run: () => name }) },
});

const loader = (options: Partial<LoaderOptions> = {}) =>
  createLoader({
    id: 'web1',
    sources: [{ name: 'fake', load: async () => ({ default: fake }) }],
    host: createHost(() => ({ os: 'Debian' })),
    config: () => ({}),
    grains: () => ({}),
    pillar: () => ({}),
    log: silent,
    ...options,
  });

const keywords = (map: Record<string, unknown>): Record<string, unknown> => ({ __kwarg__: true, ...map });

test('a call gets its positional arguments and its keywords, brought into the types of its table', async () => {
  const outcome = await loader().invoke('fake.types', [5, keywords({ flag: 'True', items: 'a, b', table: [{ a: 1 }, { b: 2 }] })], job);
  assert.deepEqual(plain(outcome.value), { text: '5', flag: true, items: ['a', 'b'], table: { a: 1, b: 2 } });
  assert.equal(outcome.retcode, 0);
  assert.equal(outcome.success, true);
});

test('a text of the form name=value is a keyword, its value read as YAML', async () => {
  const outcome = await loader().invoke('fake.types', ['flag=yes', 'items=[1, 2]'], job);
  assert.deepEqual(plain(outcome.value), { text: null, flag: true, items: [1, 2], table: null });
});

test('a missing argument is told as Salt tells it, with the documentation', async () => {
  const outcome = await loader().invoke('fake.sleep', [], job);
  assert.match(
    String(outcome.value),
    /^Passed invalid arguments to fake\.sleep: sleep\(\) missing 1 required positional argument: 'length'\n\n {4}Wait\.\n/,
  );
  assert.equal(outcome.retcode, 1);
  assert.equal(outcome.success, false);
  assert.equal(outcome.failure?.kind, 'arguments');
  assert.equal(outcome.failure?.text, "sleep() missing 1 required positional argument: 'length'");
  assert.match(outcome.failure?.doc ?? '', /^\n {4}Wait\.\n/);
});

test('too many arguments, one given twice and one of a wrong type are each told', async () => {
  const texts = [];
  for (const args of [[1, 2], [1, keywords({ length: 2 })], ['soon']]) {
    texts.push(String((await loader().invoke('fake.sleep', args, job)).value).split('\n')[0]);
  }
  assert.deepEqual(texts, [
    'Passed invalid arguments to fake.sleep: sleep() takes 1 positional argument but 2 were given',
    "Passed invalid arguments to fake.sleep: sleep() got multiple values for argument 'length'",
    'Passed invalid arguments to fake.sleep: length must be a number, not soon',
  ]);
});

test('a call that makes no sense names the function, one that failed does not', async () => {
  const texts = await Promise.all(['refused', 'command'].map(async (how) => (await loader().invoke('fake.fail', [how], job)).value));
  assert.deepEqual(texts, ["ERROR executing 'fake.fail': no such file", 'ERROR: no such package']);
});

test('unknown keywords are told as Salt tells them', async () => {
  const outcome = await loader().invoke('fake.sleep', [keywords({ foo: 'bar', no: true })], job);
  assert.equal(outcome.value, "ERROR executing 'fake.sleep': The following keyword arguments are not valid: foo=bar, no=True");
});

test('arguments that do not fit are not written to the log', async () => {
  const lines: string[] = [];
  const log = { ...silent, warn: (text: string) => lines.push(text) };
  await loader({ log }).invoke('fake.sleep', [keywords({ password: 'hunter2' })], job);
  await loader({ log }).invoke('fake.sleep', ['hunter2'], job);
  assert.deepEqual(lines, ['fake.sleep failed: its arguments do not fit', 'fake.sleep failed: its arguments do not fit']);
});

test('a call that takes everything gets further values, keywords and the publication', async () => {
  const outcome = await loader().invoke('fake.open', [1, 2, 3, keywords({ colour: 'red' })], { ...job, pub: { jid: '2026', ret: '' } });
  assert.deepEqual(plain(outcome.value), {
    first: 1,
    rest: [2, 3],
    extra: { colour: 'red', __pub_jid: '2026', __pub_ret: '' },
    testing: false,
  });
  assert.equal(outcome.out, 'highstate');
});

test('test=True is understood by calls that change the machine even if their table does not name it', async () => {
  assert.equal((await loader().invoke('fake.set', [keywords({ test: 'True' })], job)).value, true);
  assert.equal((await loader({ config: () => ({ test: true }) }).invoke('fake.set', [], job)).value, true);
  assert.equal((await loader().invoke('fake.set', [keywords({ test: false })], { ...job, testing: true })).value, false);
});

test('a function that is not there is not available, and its namesakes are shown', async () => {
  const outcome = await loader().invoke('fake.nosuch', [], job);
  assert.equal(outcome.value, "'fake.nosuch' is not available.");
  assert.equal(outcome.available, false);
  assert.equal(outcome.retcode, 1);
  const near = (await loader().invoke('fake.slee', [], job)).value as Record<string, string>;
  assert.deepEqual(Object.keys(near), ['fake.sleep', 'fake.slee']);
  assert.equal((await loader().invoke('nomodule', [], job)).value, "'nomodule' is not available.");
});

test('the name of a module alone shows the documentation of its functions', async () => {
  const { value, retcode, available } = await loader().invoke('fake', [], job);
  const shown = value as Record<string, string>;
  assert.equal(shown['fake'], "'fake' is not available.");
  assert.match(shown['fake.sleep'] ?? '', /Wait\./);
  assert.deepEqual([retcode, available], [1, false]);
});

test('failures become the texts and return codes Salt gives them', async () => {
  const end = async (how: string) => {
    const { value, retcode, success } = await loader().invoke('fake.fail', [how], job);
    return { value: plain(value), retcode, success };
  };
  assert.deepEqual(await end('command'), { value: 'ERROR: no such package', retcode: 7, success: false });
  assert.deepEqual(await end('result'), { value: { result: false }, retcode: 1, success: false });
  assert.deepEqual(await end('retcode'), { value: 'retcode', retcode: 3, success: false });
  const exception = await end('exception');
  assert.match(
    String(exception.value),
    /^The minion function caused an exception: Traceback \(most recent call last\):\n( {2}at .*\n)+RangeError: boom$/,
  );
});

test('a return that cannot travel is an error that names the path', async () => {
  const outcome = await loader().invoke('fake.fail', ['function'], job);
  assert.equal(outcome.value, 'ERROR: return.a[1].b cannot be returned: it is a function: [Function: b]');
  assert.equal(outcome.retcode, 1);
});

test('a nested call shares the job, and its return code stays unless the caller sets another', async () => {
  const outcome = await loader().invoke('fake.outer', ['fake.fail', 'retcode'], job);
  assert.equal(outcome.value, 'retcode');
  assert.equal(outcome.retcode, 3);
  assert.equal((await loader().invoke('fake.outer', ['no.such'], job)).value, "ERROR: 'no.such' is not available.");
});

test('the first source that serves the machine is taken, and a refusal is told', async () => {
  const sources = [apt('apt', 'no apt here'), apt('dnf', true)].map((module) => ({ name: 'pkg', load: async () => ({ default: module }) }));
  assert.equal((await loader({ sources }).invoke('pkg.tool', [], job)).value, 'dnf');
  const outcome = await loader({ sources: sources.slice(0, 1) }).invoke('pkg.tool', [], job);
  assert.equal(outcome.value, "'pkg' __virtual__ returned False: no apt here");
});

test('a module that cannot be loaded does no harm to others', async () => {
  const broken = { name: 'broken', load: () => Promise.reject(new SyntaxError('bad token')) };
  const both = loader({ sources: [broken, { name: 'fake', load: async () => ({ default: fake }) }] });
  assert.equal((await both.invoke('broken.x', [], job)).value, "'broken' __virtual__ returned False: it cannot be loaded: bad token");
  assert.deepEqual(await both.modules(), ['fake']);
});

test('a module is imported when one of its functions is first asked for', async () => {
  let loads = 0;
  const load = async () => {
    loads += 1;
    return { default: fake };
  };
  const lazy = loader({ sources: [{ name: 'fake', load }] });
  assert.equal(loads, 0);
  await Promise.all([lazy.has('fake.sleep'), lazy.invoke('fake.sleep', [1], job)]);
  assert.equal(loads, 1);
});

test('custom modules of a host go before built-in ones, and a refresh looks again', async () => {
  let reply = 'custom';
  const host: ModuleHost = {
    name: 'python',
    refresh: async () => undefined,
    modules: async () => {
      const answer = reply;
      const argspec = { args: null, defaults: null, varargs: null, kwargs: null };
      return [{ name: 'fake', functions: new Map([['sleep', { doc: 'd', argspec, call: async () => answer }]]) }];
    },
  };
  const custom = loader({ hosts: [host] });
  assert.equal((await custom.invoke('fake.sleep', [], job)).value, 'custom');
  reply = 'newer';
  assert.equal((await custom.invoke('fake.sleep', [], job)).value, 'custom');
  await custom.refresh();
  assert.equal((await custom.invoke('fake.sleep', [], job)).value, 'newer');
});

test('documentation and signatures are found by function, by module and by glob', async () => {
  const docs = await loader().docs('fake.sleep');
  assert.deepEqual(plain(docs), {
    'fake.sleep': "\n    Wait.\n\n    length\n        seconds\n\n    CLI Example:\n\n        tsalt '*' fake.sleep 20\n    ",
  });
  assert.deepEqual(Object.keys(await loader().docs('fake.s*')), ['fake.set', 'fake.shell', 'fake.sleep']);
  assert.deepEqual(Object.keys(await loader().docs('fak')), []);
  assert.deepEqual(plain(await loader().argspec('fake.types')), {
    'fake.types': { args: ['text', 'flag', 'items', 'table'], defaults: [null, false, [], null], varargs: null, kwargs: null },
  });
  assert.equal((await loader().functions()).length, 7);
});

test('disable_modules and whitelist_modules hide modules', async () => {
  assert.equal(await loader({ config: () => ({ disable_modules: ['fake'] }) }).has('fake.sleep'), false);
  assert.equal(await loader({ config: () => ({ whitelist_modules: ['test'] }) }).has('fake.sleep'), false);
});

test('a job that is aborted ends its programs and says why', async () => {
  const controller = new AbortController();
  const running = loader().invoke('fake.shell', ['echo started; sleep 1000'], {
    fun: 'fake.shell',
    signal: controller.signal,
    output: () => controller.abort(new Error('killed by term_job')),
  });
  assert.equal((await running).value, 'ERROR: the job was ended: killed by term_job');
});
