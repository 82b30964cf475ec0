import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { type Ctx, call, type Returnable } from '../../define.ts';
import { argvOf, clean, type Done, execute } from './exec.ts';
import type { Fields } from './values.ts';

const name = { type: 'string', required: true, doc: 'name or id of a container that runs' } as const;
const exec_driver = { type: 'string', doc: 'there is one way, the exec of the engine: taken and not used' } as const;
const cmd = { type: 'any', required: true, doc: 'the command line, or a list of words' } as const;
const stdin = { type: 'string', doc: 'what the program reads' } as const;
const python_shell = {
  type: 'boolean',
  default: true,
  doc: "a command line with characters of a shell is run by the container's /bin/sh",
} as const;
const output_loglevel = { type: 'string', default: 'debug', doc: 'quiet: nothing of it is logged' } as const;
const use_vt = { type: 'boolean', default: false, doc: 'taken and not used' } as const;
const ignore_retcode = { type: 'boolean', default: false, doc: 'another exit code than 0 is no failure of the job' } as const;
const keep_env = {
  type: 'any',
  doc: "True: the container's environment; else only PATH, and of this minion's what is named here",
} as const;

interface Asked {
  readonly name: string;
  readonly cmd: Returnable;
  readonly stdin: string | undefined;
  readonly python_shell: boolean;
  readonly output_loglevel: string;
  readonly ignore_retcode: boolean;
  readonly keep_env: Returnable | undefined;
}

async function perform(ctx: Ctx, asked: Asked): Promise<Done> {
  const ended = await execute(ctx, asked.name, argvOf(asked.cmd, asked.python_shell, asked.keep_env), asked.stdin);
  if (ended.retcode !== 0 && !asked.ignore_retcode) ctx.retcode(ended.retcode);
  if (asked.output_loglevel !== 'quiet') ctx.log.debug(`in the container ${asked.name}: ${ended.output}`);
  return ended;
}

const all = ({ pid, retcode, stdout, stderr }: Done): Fields => ({ pid, retcode, stdout, stderr });

const runCall = (as: string, doc: string, pick: (done: Done) => Returnable) =>
  call({
    doc,
    examples: [`tsalt '*' docker.${as} mycontainer 'ls -l /etc'`],
    args: { name, cmd, exec_driver, stdin, python_shell, output_loglevel, use_vt, ignore_retcode, keep_env },
    changes: true,
    run: async (ctx, args) => pick(await perform(ctx, args)),
  });

const scriptCall = (as: string, doc: string, pick: (done: Fields) => Returnable) =>
  call({
    doc,
    examples: [`tsalt '*' docker.${as} mycontainer salt://docker_script.sh 'arg1 "arg two"'`],
    args: {
      name,
      source: { type: 'string', required: true, doc: 'salt://, http:// or a path of this machine' },
      saltenv: { type: 'string', default: 'base', doc: 'where salt:// looks' },
      args: { type: 'any', doc: 'arguments, as on a command line' },
      template: { type: 'string', doc: 'it is a template of this engine: jinja' },
      exec_driver,
      stdin,
      python_shell,
      output_loglevel,
      ignore_retcode,
      use_vt,
      keep_env,
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const here = args.template
        ? await ctx.call('cp.get_template', [args.source, '', args.template, args.saltenv])
        : await ctx.call('cp.cache_file', [args.source, args.saltenv]);
      if (!here) {
        ctx.retcode(1);
        return pick({ pid: 0, retcode: 1, stdout: '', stderr: '', cache_error: true });
      }
      const there = `/tmp/salt${randomBytes(6).toString('hex')}${extname(args.source)}`;
      const quiet = async (argv: readonly string[]): Promise<Done> => await execute(ctx, args.name, clean(argv));
      const copied = await execute(ctx, args.name, clean(['tee', there]), createReadStream(String(here)));
      if (copied.retcode !== 0) {
        ctx.retcode(copied.retcode);
        return pick({ ...all(copied), stdout: '' });
      }
      try {
        await quiet(['chmod', '700', there]);
        const line = args.args == null || args.args === '' ? there : `${there} ${String(args.args)}`;
        return pick(all(await perform(ctx, { ...args, cmd: line })));
      } finally {
        await quiet(['rm', there]);
      }
    },
  });

/** Calls that run programs in containers. */
export const execCalls = {
  run: runCall('run', 'Run a command in a container and return what it wrote.', ({ output }) => output),
  run_all: runCall('run_all', 'Run a command in a container and return pid, retcode, stdout and stderr.', all),
  run_stdout: runCall('run_stdout', 'Run a command in a container and return its stdout.', ({ stdout }) => stdout),
  run_stderr: runCall('run_stderr', 'Run a command in a container and return its stderr.', ({ stderr }) => stderr),
  retcode: runCall('retcode', 'Run a command in a container and return its exit code.', ({ retcode }) => retcode),
  script: scriptCall('script', 'Run a script in a container and return pid, retcode, stdout and stderr.', (done) => done),
  script_retcode: scriptCall('script_retcode', 'Run a script in a container and return its exit code.', (done) => done['retcode'] ?? null),
};
