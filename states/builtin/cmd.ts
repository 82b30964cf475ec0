import type { Returnable } from '../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../define.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the command' },
  cwd: { type: 'string', doc: 'the directory it runs in' },
  root: { type: 'string', doc: 'a directory to take as root' },
  runas: { type: 'string', doc: 'the user it runs as' },
  shell: { type: 'string', doc: 'the shell' },
  env: { type: 'any', doc: 'the environment: a map, or a list of maps' },
  prepend_path: { type: 'string', doc: 'put before PATH' },
  umask: { type: 'any', doc: 'the umask, in octal' },
  timeout: { type: 'number', doc: 'seconds' },
  output_loglevel: { type: 'string', doc: 'at which level its output is logged' },
  hide_output: { type: 'boolean', default: false, doc: 'leave its output out of the result' },
  ignore_timeout: { type: 'boolean', default: false, doc: 'do not wait' },
  success_retcodes: { type: 'any', doc: 'return codes that are a success besides 0' },
  success_stdout: { type: 'any', doc: 'outputs that are a success' },
  success_stderr: { type: 'any', doc: 'error outputs that are a success' },
  stdin: { type: 'string', doc: 'its input' },
  python_shell: { type: 'boolean', default: true, doc: 'run it by a shell' },
  use_vt: { type: 'boolean', default: false, doc: 'accepted for compatibility' },
  stateful: { type: 'any', doc: 'its last line tells whether it changed anything' },
} as const;
type Given = Readonly<Record<string, Returnable | undefined>>;
const PASSED = [
  'cwd',
  'root',
  'runas',
  'shell',
  'env',
  'prepend_path',
  'umask',
  'timeout',
  'hide_output',
  'success_retcodes',
  'success_stdout',
  'success_stderr',
  'stdin',
  'python_shell',
];

/** Commands. */
export default stateModule({
  name: 'cmd',
  doc: 'Commands.',
  states: {
    run: state({ doc: 'Runs a command.', args: ARGS, extra: 'anything', check: async (ctx, args) => plan(ctx, args) }),
    wait: state({
      doc: 'Runs a command when something it watches has changed.',
      args: ARGS,
      extra: 'anything',
      check: async () => inOrder(''),
    }),
  },
  watch: async (ctx, args) => {
    const verdict = plan(ctx, args);
    if (!('predicted' in verdict)) return verdict;
    if (!ctx.testing) return await verdict.apply();
    return { result: null, comment: verdict.predicted.comment, changes: verdict.predicted.changes };
  },
});

function plan(ctx: StateCtx, args: Given): Verdict {
  const name = String(args['name']);
  const comment = `Command "${name}" would have been executed`;
  return { predicted: { comment, changes: { cmd: name } }, apply: async () => await execute(ctx, name, args) };
}

async function execute(ctx: StateCtx, name: string, args: Given): Promise<Outcome> {
  const kwargs: Record<string, Returnable> = Object.create(null);
  for (const key of PASSED) {
    const value = args[key];
    if (value !== undefined) kwargs[key] = value;
  }
  if (kwargs['shell'] === undefined && typeof ctx.grains['shell'] === 'string') kwargs['shell'] = ctx.grains['shell'];
  let ran: Returnable;
  try {
    ran = await ctx.call('cmd.run_all', [name], kwargs);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
  const all = ran as Readonly<Record<string, Returnable>>;
  const changes = { pid: all['pid'] ?? null, retcode: all['retcode'] ?? null, stdout: all['stdout'] ?? '', stderr: all['stderr'] ?? '' };
  return { result: all['retcode'] === 0, changes, comment: `Command "${name}" run` };
}
