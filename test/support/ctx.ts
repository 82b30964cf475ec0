import { bind } from '../../kernel/loader/bind.ts';
import { findProgram } from '../../kernel/loader/host.ts';
import { createSpawn } from '../../kernel/loader/spawn.ts';
import type { AnyCall, Ctx, ExecModule, Host, Log, Returnable } from '../../modules/define.ts';

/** What a test may set of a call's surroundings; the rest is this machine, as root's minion would see it. */
export interface Surroundings {
  readonly id?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly grains?: Readonly<Record<string, Returnable>>;
  readonly host?: Partial<Host>;
  readonly rest?: readonly Returnable[];
  readonly extra?: Readonly<Record<string, Returnable>>;
  readonly testing?: boolean;
  readonly signal?: AbortSignal;
  /** Directories put before PATH, for programs the test provides. */
  readonly path?: readonly string[];
  /** Answers of `ctx.call`, by function name. */
  readonly functions?: Readonly<
    Record<string, (args: readonly Returnable[], kwargs: Readonly<Record<string, Returnable>>) => Returnable | Promise<Returnable>>
  >;
}
/** A context for one call, with what it logged and the job's return code. */
export interface Witnessed {
  readonly ctx: Ctx;
  readonly logged: string[];
  retcode: number;
}

/** A context with the loader's own `spawn`, which runs real programs. */
export const witness = (surroundings: Surroundings = {}): Witnessed => {
  const logged: string[] = [];
  const path = [...(surroundings.path ?? []), process.env['PATH'] ?? ''].join(':');
  const functions = surroundings.functions ?? {};
  const log = logInto(logged);
  const signal = surroundings.signal ?? new AbortController().signal;
  const spawn = createSpawn({ signal, log });
  const witnessed: Witnessed = {
    logged,
    retcode: 0,
    ctx: {
      id: surroundings.id ?? 'm1',
      host: { os: 'Debian', osFamily: 'Debian', which: (program) => findProgram(program, path.split(':')), ...surroundings.host },
      grains: surroundings.grains ?? { os: 'Debian', os_family: 'Debian', osarch: 'amd64', saltversion: '3008.3' },
      pillar: {},
      config: surroundings.config ?? {},
      signal,
      testing: surroundings.testing ?? false,
      rest: surroundings.rest ?? [],
      extra: surroundings.extra ?? {},
      log,
      call: async (name, args = [], kwargs = {}) => {
        const answer = functions[name];
        if (answer === undefined) throw new Error(`'${name}' is not available.`);
        return answer(args, kwargs);
      },
      has: async (name) => Object.hasOwn(functions, name),
      spawn: (argv, options = {}) => spawn(argv, options.cleanEnv ? options : { ...options, env: { PATH: path, ...options.env } }),
      retcode: (code) => {
        witnessed.retcode = code;
      },
    },
  };
  return witnessed;
};

/** Runs one call of a module, its arguments bound by the loader. */
export const invoke = async (
  module: ExecModule,
  name: string,
  args: Readonly<Record<string, Returnable>> = {},
  witnessed: Witnessed = witness(),
): Promise<Returnable> => {
  const definition: AnyCall | undefined = module.calls[name];
  if (definition === undefined) throw new Error(`${module.name}.${name} is not defined`);
  const unknown = Object.keys(args).find((key) => !Object.hasOwn(definition.args, key));
  if (unknown !== undefined) throw new Error(`${module.name}.${name} has no argument ${unknown}`);
  const bound = bind(`${module.name}.${name}`, definition, { positional: [], keywords: new Map(Object.entries(args)) });
  return await definition.run(witnessed.ctx, bound.args);
};

const logInto = (lines: string[]): Log => ({
  debug: (text) => lines.push(`DEBUG ${text}`),
  info: (text) => lines.push(`INFO ${text}`),
  warn: (text) => lines.push(`WARNING ${text}`),
  error: (text) => lines.push(`ERROR ${text}`),
});
