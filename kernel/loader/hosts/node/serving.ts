import { register } from 'node:module';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { Ran, Returnable, SpawnOptions } from '../../../../modules/define.ts';
import { messageOf } from '../../../../protocol/errors.ts';
import { encode } from '../../../../protocol/wire/msgpack.ts';
import { entriesOf } from '../../arguments.ts';
import type { Callable, LoadedModule, Others, RefusedModule, Run } from '../../callable.ts';
import { createContexts } from '../../context.ts';
import type { MakeContext } from '../../definition.ts';
import { NotReturnable } from '../../errors.ts';
import { createMachine } from '../../grains.ts';
import { createHost } from '../../host.ts';
import { callNested } from '../../nested.ts';
import { toReturnable } from '../../returnable.ts';
import { givenOf } from '../answer.ts';
import { errorOf } from '../errors.ts';
import { type Message, sendBody, sendFrame } from '../frames.ts';
import { errorMessage } from './errors.ts';
import { moduleFiles, readGrains, readModule } from './read.ts';

type Found = LoadedModule | RefusedModule;

/** Milliseconds that a job has to end after its abort. */
const GRACE_MS = 1500;

/** The work of the process: says what there is, runs one job at a time, and passes its questions on. */
export class Serving {
  readonly #channel: Duplex;
  readonly #asked = new Map<number, (reply: Message) => void>();
  readonly #read = new Map<string, Promise<Found>>();
  #next = 1;
  #context: Message = {};
  #directory = '';
  #limit = 0;
  #skip: ReadonlySet<string> = new Set();
  #control: AbortController | undefined;

  constructor(channel: Duplex) {
    this.#channel = channel;
  }

  async receive(message: Message): Promise<void> {
    if (typeof message['ask'] === 'number') return this.#asked.get(message['ask'])?.(message);
    if (message['op'] === 'context') this.#context = message;
    if (message['op'] === 'start') this.#start(message);
    if (message['op'] === 'load') await this.#load(message);
    if (message['op'] === 'run') await this.#job(message);
  }

  /** Something was thrown where nobody catches it: it ends the job that is under way, and this process. */
  broken(thrown: unknown): void {
    const { kind, message, traceback, ...rest } = errorMessage(thrown);
    sendFrame(this.#channel, { op: 'error', kind, message, traceback: traceback ?? message, ...rest });
    this.#channel.end(() => process.exit(1));
  }

  abort(): void {
    this.#control?.abort(new Error('the job was ended'));
    setTimeout(() => process.exit(1), GRACE_MS).unref();
  }

  #start(message: Message): void {
    this.#directory = String(message['directory']);
    this.#limit = Number(message['limit']);
    this.#skip = new Set((message['skip'] as readonly unknown[]).map(String));
    const directory = `${pathToFileURL(this.#directory).href}/`;
    register(String(message['hooks']), { data: { definition: String(message['definition']), directory } });
  }

  async #load({ kinds }: Message): Promise<void> {
    const described: Record<string, unknown> = {};
    for (const kind of kinds as readonly string[]) {
      const found = await this.#modules(kind);
      described[kind] = found.map((module) => ('functions' in module ? describe(module) : { name: module.name, reason: module.reason }));
    }
    sendFrame(this.#channel, { op: 'loaded', kinds: described });
  }

  async #modules(kind: string): Promise<Found[]> {
    const found: Found[] = [];
    for (const file of moduleFiles(join(this.#directory, kind))) found.push(await this.#module(kind, file));
    return found;
  }

  /** The minion is told before a file is imported, in case that never ends. */
  #module(kind: string, file: string): Promise<Found> {
    const place = `${kind}/${file}`;
    const known = this.#read.get(place);
    if (known !== undefined) return known;
    sendFrame(this.#channel, { op: 'importing', place });
    const folder = join(this.#directory, kind);
    const skipped = { name: file.replace(/\.\w+$/, ''), reason: 'importing it ended or stopped the JavaScript process' };
    const reading = this.#skip.has(place) ? Promise.resolve(skipped) : readModule(folder, file, this.#host, this.#makeContext);
    this.#read.set(place, reading);
    return reading;
  }

  async #job(message: Message): Promise<void> {
    this.#control = new AbortController();
    const status = new Status();
    let body: Uint8Array;
    try {
      const value = toReturnable(await this.#valueOf(message, status));
      body = encode({ op: 'result', value, retcode: status.told ?? null, clean: leftNothing() });
      if (body.length > this.#limit)
        throw new NotReturnable('return', `it takes ${body.length} bytes, more than the limit of ${this.#limit}`);
    } catch (thrown) {
      body = encode({ op: 'error', ...errorMessage(thrown), clean: leftNothing() });
    }
    this.#control = undefined;
    sendBody(this.#channel, body);
  }

  async #valueOf(message: Message, status: Status): Promise<unknown> {
    if (message['kind'] === 'grains') return await this.#grains();
    return await (message['kind'] === 'render' ? this.#rendered(message, status) : this.#call(message, status));
  }

  /** An SLS that is a program: what its function `run` answers, which finds the names it is given in `ctx.extra`. */
  async #rendered(message: Message, status: Status): Promise<unknown> {
    const fun = String(message['fun']);
    const given = new Map(entriesOf(message['kwargs']));
    const extra = Object.fromEntries(entriesOf(given.get('names')) ?? []) as Record<string, Returnable>;
    const source = Buffer.from(String(given.get('text'))).toString('base64');
    const { run } = (await import(`data:text/javascript;base64,${source}`)) as { readonly run?: unknown };
    if (typeof run !== 'function') throw new Error(`${fun} exports no function run`);
    return await run(this.#makeContext(fun, this.#run(message, fun, status), { args: {}, rest: [], extra }));
  }

  async #call(message: Message, status: Status): Promise<unknown> {
    const fun = String(message['fun']);
    const callable = await this.#find(String(message['kind']), fun);
    if (callable === undefined) throw new Error(`${fun} is no longer there`);
    return await callable.call(givenOf(message), this.#run(message, fun, status));
  }

  #run(message: Message, fun: string, status: Status): Run {
    const { signal } = this.#control ?? new AbortController();
    const { jid, user } = message;
    const job = { fun, signal, ...(typeof jid === 'string' ? { jid } : {}), ...(typeof user === 'string' ? { user } : {}) };
    return { job, status, testing: message['testing'] === true, others: this.#others };
  }

  async #find(kind: string, fun: string): Promise<Callable | undefined> {
    const [name, own = ''] = fun.split('.');
    const module = (await this.#modules(kind)).find((one) => one.name === name);
    return module !== undefined && 'functions' in module ? module.functions.get(own) : undefined;
  }

  /** Functions in JavaScript are called here, all others in the minion. */
  readonly #others: Others = {
    has: async (fun) => (await this.#find('modules', fun)) !== undefined || (await this.#ask({ op: 'has', fun }))['value'] === true,
    own: async (fun) => (await this.#ask({ op: 'own', fun }))['value'] === true,
    names: async () => ((await this.#ask({ op: 'names' }))['value'] as readonly unknown[]).map(String),
    call: async (fun, given, run) => {
      const here = await this.#find('modules', fun);
      if (here !== undefined) return await callNested(fun, here, async () => '', given, run);
      const reply = await this.#ask({ op: 'call', fun, args: given.positional, kwargs: given.keywords });
      if (reply['ok'] !== true) throw errorOf(reply);
      return toReturnable(reply['value']);
    },
  };

  async #spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<Ran> {
    const { ok, ask: _ask, ...ran } = await this.#ask({ op: 'spawn', argv, options });
    if (ok !== true) throw errorOf(ran);
    const { stdout, stderr, ...rest } = ran as unknown as Ran;
    return { ...rest, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
  }

  #ask(question: Message): Promise<Message> {
    const ask = this.#next++;
    const reply = new Promise<Message>((resolve) => this.#asked.set(ask, resolve));
    sendFrame(this.#channel, { ...question, ask });
    return reply.finally(() => this.#asked.delete(ask));
  }

  readonly #log = {
    debug: (text: string) => this.#say('debug', text),
    info: (text: string) => this.#say('info', text),
    warn: (text: string) => this.#say('warn', text),
    error: (text: string) => this.#say('error', text),
  };

  #say(level: string, text: string): void {
    sendFrame(this.#channel, { op: 'log', level, text: String(text) });
  }

  #seen(name: string): Readonly<Record<string, Returnable>> {
    return Object.fromEntries(entriesOf(this.#context[name]) ?? []) as Record<string, Returnable>;
  }

  readonly #host = createHost(() => this.#seen('grains'));

  readonly #makeContext: MakeContext = (fun, run, bound) => {
    const view = {
      id: String(this.#seen('opts')['id'] ?? ''),
      config: () => this.#seen('opts'),
      grains: () => this.#seen('grains'),
      pillar: () => this.#seen('pillar'),
      host: this.#host,
      log: this.#log,
    };
    return { ...createContexts(view)(fun, run, bound), spawn: (argv, options) => this.#spawn(argv, options) };
  };

  /** All grains of the files here; a source that fails leaves out its own. */
  async #grains(): Promise<Readonly<Record<string, Returnable>>> {
    const folder = join(this.#directory, 'grains');
    const found: Record<string, Returnable> = {};
    for (const file of moduleFiles(folder)) {
      try {
        for (const source of await readGrains(folder, file)) {
          const grains = { ...this.#seen('grains'), ...found };
          Object.assign(found, toReturnable(await source.collect({ ...createMachine(), config: this.#seen('opts'), grains })));
        }
      } catch (thrown) {
        this.#log.error(`custom grains are missing: ${file}: ${messageOf(thrown)}`);
      }
    }
    return found;
  }
}

/** Remembers whether a module has set the return code: a call into the minion may have done so, too. */
class Status {
  told: number | undefined;
  get retcode(): number {
    return this.told ?? 0;
  }
  set retcode(code: number) {
    this.told = code;
  }
}

const describe = ({ name, functions }: LoadedModule): Message => ({
  name,
  functions: [...functions].map(([own, { doc, argspec, out, alsoTakes }]) => ({
    name: own,
    doc,
    args: argspec.args ?? [],
    defaults: argspec.defaults ?? [],
    varargs: argspec.varargs === true,
    kwargs: argspec.kwargs === true,
    out: out ?? null,
    also: alsoTakes ?? [],
  })),
});

/** No timer and no connection of a module's is left over, which could disturb the next job. */
const leftNothing = (): boolean => process.getActiveResourcesInfo().every((name) => ['PipeWrap', 'MessagePort', 'TTYWrap'].includes(name));
