import { foreseen, inOrder, isPlan, state, stateModule } from '../../define.ts';
import { runLine, runScript } from './execute.ts';

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
/** What a script takes besides. */
const SCRIPT_ARGS = {
  ...ARGS,
  source: { type: 'string', doc: 'where the script is; the name by default' },
  args: { type: 'any', doc: 'its arguments: a line, or a list of words' },
  template: { type: 'string', doc: 'the engine to render it by' },
  context: { type: 'any', doc: 'variables of the template' },
  defaults: { type: 'any', doc: 'variables where context has none' },
} as const;

/** Commands. */
export default stateModule({
  name: 'cmd',
  doc: 'Commands.',
  states: {
    run: state({ doc: 'Runs a command.', args: ARGS, extra: 'anything', check: async (ctx, args) => await runLine(ctx, args) }),
    wait: state({
      doc: 'Runs a command when something it watches has changed.',
      args: ARGS,
      extra: 'anything',
      check: async () => inOrder(''),
    }),
    watch: state({
      doc: 'As `cmd.wait`.',
      args: ARGS,
      extra: 'anything',
      check: async () => inOrder(''),
    }),
    script: state({
      doc: 'Fetches a script and runs it.',
      examples: ['deploy:\n  cmd.script:\n    - source: salt://deploy.sh\n    - args: one two'],
      args: SCRIPT_ARGS,
      extra: 'anything',
      check: async (ctx, args) => await runScript(ctx, args),
    }),
    wait_script: state({
      doc: 'Runs a script when something it watches has changed.',
      args: SCRIPT_ARGS,
      extra: 'anything',
      check: async () => inOrder(''),
    }),
  },
  watch: async (ctx, args, fun) => {
    const verdict = await (fun.endsWith('script') ? runScript(ctx, args) : runLine(ctx, args));
    if (!isPlan(verdict)) return verdict;
    return ctx.testing ? foreseen(verdict) : await verdict.apply();
  },
});
