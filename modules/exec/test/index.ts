import { createHash, getHashes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed, type Ctx, call, execModule, float, type Returnable } from '../../define.ts';
import { loadedCalls } from './loaded.ts';
import { plain, raiseNamed } from './outcomes.ts';
import { pythonRepr, pythonType, tupleRepr } from './repr.ts';
import { versions, versionsReport } from './versions.ts';

const constant = (doc: string, name: string, value: Returnable) =>
  call({ doc, examples: [`tsalt '*' test.${name}`], args: {}, changes: false, run: () => value });
/** `*args` and `**kwargs` of the calls that show what arrived. */
const ANYTHING = { args: {}, rest: 'whatever is given', extra: "whatever is given, with the publication's __pub_ keys" } as const;
const entries = (ctx: Ctx): [string, Returnable][] => Object.entries(ctx.extra);
const versionsCall = (name: string) =>
  call({
    doc: 'The versions of tsalt, its runtime and its libraries, as a text.',
    examples: [`tsalt '*' test.${name}`],
    args: {},
    changes: false,
    run: versionsReport,
  });
const randomHash = (name: string) =>
  call({
    doc: 'The hash of a random number.',
    examples: [`tsalt '*' test.${name} hash_type=sha512`],
    args: {
      size: { type: 'number', default: 9999999999, doc: 'the number lies between 0 and this' },
      hash_type: { type: 'string', doc: "the algorithm; the minion's `hash_type` by default" },
    },
    changes: false,
    run(ctx, { size, hash_type }) {
      const algorithm = hash_type ?? String(ctx.config['hash_type'] ?? 'sha256');
      if (!getHashes().includes(algorithm))
        throw new CommandFailed(`test.${name}: unknown hash_type '${algorithm}', use one of md5, sha1, sha256, sha512`);
      const number = randomInt(Math.min(Math.max(size, 1), 2 ** 48 - 2) + 1);
      return createHash(algorithm).update(String(number)).digest('hex');
    },
  });

export default execModule({
  name: 'test',
  doc: 'To see whether minions answer, and how arguments, return codes and errors travel.',
  calls: {
    ping: constant('Answer True: the minion is up and takes jobs.', 'ping', true),
    true: constant('Answer True.', 'true', true),
    false: constant('Answer False.', 'false', false),
    tty: call({
      doc: 'Has moved to cmd.tty, and says so.',
      examples: ["tsalt '*' cmd.tty pts0 'This is a test'"],
      ...ANYTHING,
      changes: false,
      run: () => 'ERROR: This function has been moved to cmd.tty',
    }),
    echo: call({
      doc: 'Return what was given.',
      examples: ["tsalt '*' test.echo 'foo bar baz'"],
      args: { text: { type: 'any', required: true, doc: 'what to return' } },
      changes: false,
      run: (_ctx, { text }) => text,
    }),
    outputter: call({
      doc: 'Return what was given, to try an outputter on it.',
      examples: ["tsalt '*' test.outputter foobar --out=json"],
      args: { data: { type: 'any', required: true, doc: 'what to return' } },
      changes: false,
      run: (_ctx, { data }) => data,
    }),
    arg: call({
      doc: 'Return the arguments as they arrived.',
      examples: [`tsalt '*' test.arg 1 two 3.1 txt=hello wow='{a: 1, b: hello}'`],
      ...ANYTHING,
      changes: false,
      run: (ctx) => ({ args: ctx.rest, kwargs: ctx.extra }),
    }),
    arg_clean: call({
      doc: 'Return the arguments as they arrived, without the keys that the publication adds.',
      examples: [`tsalt '*' test.arg_clean 1 two txt=hello`],
      ...ANYTHING,
      changes: false,
      run: (ctx) => ({ args: ctx.rest, kwargs: Object.fromEntries(entries(ctx).filter(([key]) => !key.startsWith('__'))) }),
    }),
    arg_type: call({
      doc: 'Return the types of the arguments, in the terms of a Salt minion.',
      examples: [`tsalt '*' test.arg_type 1 int`],
      ...ANYTHING,
      changes: false,
      run: (ctx) => ({
        args: ctx.rest.map((value) => `<class '${pythonType(value)}'>`),
        kwargs: Object.fromEntries(entries(ctx).map(([key, value]) => [key, `<class '${pythonType(value)}'>`])),
      }),
    }),
    arg_repr: call({
      doc: 'Return the arguments as Python would print them.',
      examples: [`tsalt '*' test.arg_repr 1 two 3.1 txt=hello`],
      ...ANYTHING,
      changes: false,
      run: (ctx) => ({ args: tupleRepr(ctx.rest), kwargs: pythonRepr(ctx.extra) }),
    }),
    kwarg: call({
      doc: 'Return the keyword arguments as they arrived.',
      examples: [`tsalt '*' test.kwarg num=1 txt=two env='{a: 1, b: hello}'`],
      args: {},
      extra: "whatever is given, with the publication's __pub_ keys",
      changes: false,
      run: (ctx) => ctx.extra,
    }),
    sleep: call({
      doc: 'Wait for a number of seconds, then answer True.',
      examples: ["tsalt '*' test.sleep 20"],
      args: { length: { type: 'number', required: true, doc: 'seconds' } },
      changes: false,
      async run(ctx, { length }) {
        await sleep(Math.trunc(length) * 1000, undefined, { signal: ctx.signal });
        return true;
      },
    }),
    rand_sleep: call({
      doc: 'Wait for a random number of seconds, then answer True.',
      examples: ["tsalt '*' test.rand_sleep 60"],
      args: { max: { type: 'number', default: 60, doc: 'the longest wait, in seconds' } },
      changes: false,
      async run(ctx, { max }) {
        await sleep(randomInt(Math.max(0, Math.trunc(max)) + 1) * 1000, undefined, { signal: ctx.signal });
        return true;
      },
    }),
    fib: call({
      doc: 'Return a Fibonacci number, and the seconds it took to find.',
      examples: ["tsalt '*' test.fib 3"],
      args: { num: { type: 'number', required: true, doc: 'which one' } },
      changes: false,
      run(_ctx, { num }) {
        if (num < 0) throw new RangeError('Negative number is not allowed!');
        const start = performance.now();
        let [previous, current] = [0n, 1n];
        for (let index = 1; index < Math.trunc(num); index += 1) [previous, current] = [current, previous + current];
        return [num < 1 ? 0 : plain(current), float((performance.now() - start) / 1000)];
      },
    }),
    collatz: call({
      doc: 'Return the Collatz sequence from a number down to 1, and the seconds it took to find.',
      examples: ["tsalt '*' test.collatz 3"],
      args: { start: { type: 'number', required: true, doc: 'the number to start from, 1 or more' } },
      changes: false,
      run(_ctx, { start }) {
        if (!(start >= 1)) throw new CommandFailed(`test.collatz: start must be 1 or more, not ${start}`);
        const begin = performance.now();
        const steps: Returnable[] = [];
        // Halving makes a float for Salt's users, and all that follows stays one.
        for (let [now, halved] = [Math.trunc(start), false]; now !== 1; ) {
          steps.push(halved ? float(now) : now);
          [now, halved] = now % 2 === 0 ? [now / 2, true] : [now * 3 + 1, halved];
        }
        return [steps, float((performance.now() - begin) / 1000)];
      },
    }),
    retcode: call({
      doc: 'Answer True, and make the job end with a return code.',
      examples: ["tsalt '*' test.retcode 42"],
      args: { code: { type: 'number', default: 42, doc: 'the return code' } },
      changes: false,
      run(ctx, { code }) {
        ctx.retcode(code);
        return true;
      },
    }),
    ...loadedCalls,
    cross_test: call({
      doc: 'Call another function from within this one.',
      examples: ["tsalt '*' test.cross_test file.gid_to_group '[0]'"],
      args: {
        func: { type: 'string', required: true, doc: 'the function' },
        args: { type: 'list', doc: 'its positional arguments' },
      },
      changes: false,
      run: (ctx, { func, args }) => ctx.call(func, args ?? []),
    }),
    try: call({
      doc: 'Call a function, and answer None if it fails.',
      examples: ["tsalt '*' test.try module=ipmi.get_users bmc_host=172.2.2.1"],
      args: {
        module: { type: 'string', required: true, doc: 'the function' },
        return_try_exception: { type: 'boolean', default: false, doc: 'answer the message of the failure instead' },
      },
      extra: 'its keyword arguments',
      changes: false,
      async run(ctx, { module, return_try_exception }) {
        const kwargs = Object.fromEntries(entries(ctx).filter(([key]) => !key.startsWith('__')));
        try {
          return await ctx.call(module, [], kwargs);
        } catch (failure) {
          return return_try_exception ? (failure instanceof Error ? failure.message : String(failure)) : null;
        }
      },
    }),
    version: call({
      doc: 'Return the version of the minion.',
      examples: ["tsalt '*' test.version"],
      args: {},
      changes: false,
      run: (ctx) => ctx.grains['saltversion'] ?? null,
    }),
    versions_information: call({
      doc: 'The versions of tsalt, its runtime and its libraries.',
      examples: ["tsalt '*' test.versions_information"],
      args: {},
      changes: false,
      run: (ctx) => ({ ...versions(ctx) }),
    }),
    versions_report: versionsCall('versions_report'),
    versions: versionsCall('versions'),
    conf_test: call({
      doc: 'Return `test.foo` of the configuration.',
      examples: ["tsalt '*' test.conf_test"],
      args: {},
      changes: false,
      run: (ctx) => plain(ctx.config['test.foo'] ?? 'unconfigured'),
    }),
    get_opts: call({
      doc: "Return the minion's options, secrets left out.",
      examples: ["tsalt '*' test.get_opts"],
      args: {},
      changes: false,
      run: (ctx) => plain(ctx.config),
    }),
    opts_pkg: call({
      doc: "Return the minion's options, secrets left out, and its grains.",
      examples: ["tsalt '*' test.opts_pkg"],
      args: {},
      changes: false,
      run: (ctx) => ({ ...(plain(ctx.config) as Record<string, Returnable>), grains: ctx.grains }),
    }),
    random_hash: randomHash('random_hash'),
    rand_str: randomHash('rand_str'),
    exception: call({
      doc: 'Fail by an exception that nobody handles.',
      examples: ["tsalt '*' test.exception 'Oh noes!'"],
      args: { message: { type: 'any', default: 'Test Exception', doc: 'its message' } },
      changes: false,
      run(_ctx, { message }): Returnable {
        throw Object.assign(new Error(typeof message === 'string' ? message : pythonRepr(message)), { name: 'Exception' });
      },
    }),
    raise_exception: call({
      doc: 'Fail by an exception of a given name; answer False if there is none of that name.',
      examples: [
        "tsalt '*' test.raise_exception TypeError 'An integer is required'",
        "tsalt '*' test.raise_exception salt.exceptions.CommandExecutionError 'Something went wrong'",
      ],
      args: { name: { type: 'string', required: true, doc: 'a Python built-in, or one of salt.exceptions' } },
      rest: 'its message',
      extra: 'not used',
      changes: false,
      run(ctx, { name }): Returnable {
        raiseNamed(name, ctx.rest.map((value) => (typeof value === 'string' ? value : pythonRepr(value))).join(', '));
        ctx.log.error(`No such exception: ${name}`);
        return false;
      },
    }),
    assertion: call({
      doc: 'Fail unless the argument is true.',
      examples: ["tsalt '*' test.assertion False"],
      args: { assertion: { type: 'any', required: true, doc: 'what should be true' } },
      changes: false,
      run(_ctx, { assertion }) {
        const empty = typeof assertion === 'object' && assertion !== null && Object.keys(assertion).length === 0;
        if (empty || !assertion) throw Object.assign(new Error(`${pythonRepr(assertion)} is not true`), { name: 'AssertionError' });
        return null;
      },
    }),
    stack: call({
      doc: 'Return the current stack trace.',
      examples: ["tsalt '*' test.stack"],
      args: {},
      changes: false,
      run: () => new Error('').stack?.replace(/^Error: ?\n/, '') ?? '',
    }),
  },
});
