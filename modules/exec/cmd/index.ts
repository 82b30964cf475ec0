import { open } from 'node:fs/promises';
import { call, execModule } from '../../define.ts';
import { EXEC_CODE, RETCODE, RUN, RUN_ALL, RUN_BG, RUN_STDOUT, SCRIPT, SCRIPT_RETCODE, SHELL } from './arguments.ts';
import { execute, firstWord } from './execute.ts';
import { reportRun } from './output.ts';
import { loginShells, which } from './programs.ts';
import { runCode, runScript } from './script.ts';

const extra = "stdin_raw_newlines: leave `\\n` in stdin as it is; the publication's __pub_ keys";
const hidden = (hide: boolean | undefined, text: string): string => (hide ? '' : text);

export default execModule({
  name: 'cmd',
  doc: 'Commands, shells and scripts. Whoever may call these may do anything as root.',
  calls: {
    run: call({
      doc: 'Run a command and return its output.',
      examples: [`tsalt '*' cmd.run "ls -l | awk '/foo/{print $2}'"`, `tsalt '*' cmd.run 'grep f' stdin='one\\ntwo\\nfive\\n'`],
      args: RUN,
      extra,
      changes: true,
      async run(ctx, args) {
        const result = await execute(ctx, args, args.redirect_stderr);
        reportRun(ctx, args, firstWord(args.cmd), result);
        return hidden(args.hide_output, result.stdout);
      },
    }),
    shell: call({
      doc: 'Run a command line through a shell and return its output.',
      examples: [`tsalt '*' cmd.shell 'echo $HOME | wc -c'`],
      args: SHELL,
      extra,
      changes: true,
      async run(ctx, args) {
        const result = await execute(ctx, args, true);
        reportRun(ctx, args, firstWord(args.cmd), result);
        return hidden(args.hide_output, result.stdout);
      },
    }),
    run_stdout: call({
      doc: 'Run a command and return only its standard output.',
      examples: [`tsalt '*' cmd.run_stdout 'ls -l'`],
      args: RUN_STDOUT,
      extra,
      changes: true,
      run: async (ctx, args) => hidden(args.hide_output, (await execute(ctx, args)).stdout),
    }),
    run_stderr: call({
      doc: 'Run a command and return only its standard error.',
      examples: [`tsalt '*' cmd.run_stderr 'ls /nowhere'`],
      args: RUN_STDOUT,
      extra,
      changes: true,
      run: async (ctx, args) => hidden(args.hide_output, (await execute(ctx, args)).stderr),
    }),
    run_all: call({
      doc: 'Run a command and return its process id, return code, standard output and standard error.',
      examples: [`tsalt '*' cmd.run_all 'ls -l'`],
      args: RUN_ALL,
      extra,
      changes: true,
      async run(ctx, args) {
        const result = await execute(ctx, args, args.redirect_stderr);
        return args.hide_output ? { ...result, stdout: '', stderr: '' } : result;
      },
    }),
    retcode: call({
      doc: 'Run a command and return its return code.',
      examples: [`tsalt '*' cmd.retcode 'test -e /etc/passwd'`],
      args: RETCODE,
      extra,
      changes: true,
      run: async (ctx, args) => (await execute(ctx, args, true)).retcode,
    }),
    run_bg: call({
      doc: 'Start a command that outlives the job, and return its process id.',
      examples: [`tsalt '*' cmd.run_bg 'sleep 600'`],
      args: RUN_BG,
      extra,
      changes: true,
      run: async (ctx, args) => ({ pid: (await execute(ctx, { ...args, bg: true })).pid }),
    }),
    script: call({
      doc: 'Fetch a script and run it, with the result of cmd.run_all.',
      examples: [`tsalt '*' cmd.script salt://scripts/run.sh 'arg1 "arg 2"'`],
      args: SCRIPT,
      extra,
      changes: true,
      async run(ctx, args) {
        const result = await runScript(ctx, args);
        return args.hide_output ? { ...result, stdout: '', stderr: '' } : result;
      },
    }),
    script_retcode: call({
      doc: 'Fetch a script, run it and return its return code.',
      examples: [`tsalt '*' cmd.script_retcode salt://scripts/run.sh`],
      args: SCRIPT_RETCODE,
      extra,
      changes: true,
      run: async (ctx, args) => (await runScript(ctx, args)).retcode,
    }),
    exec_code: call({
      doc: 'Run a program text through an interpreter and return its output.',
      examples: [`tsalt '*' cmd.exec_code python3 'import sys; print(sys.version)'`],
      args: EXEC_CODE,
      extra,
      changes: true,
      run: async (ctx, args) => (await runCode(ctx, args)).stdout,
    }),
    exec_code_all: call({
      doc: 'Run a program text through an interpreter, with the result of cmd.run_all.',
      examples: [`tsalt '*' cmd.exec_code_all ruby 'puts "hello"'`],
      args: EXEC_CODE,
      extra,
      changes: true,
      run: (ctx, args) => runCode(ctx, args),
    }),
    which: call({
      doc: 'Return the path of a program, or None.',
      examples: [`tsalt '*' cmd.which cat`],
      args: { cmd: { type: 'string', required: true, doc: 'its name' } },
      changes: false,
      run: (_ctx, { cmd }) => which(cmd) ?? null,
    }),
    which_bin: call({
      doc: 'Return the path of the first of several programs that is there, or None.',
      examples: [`tsalt '*' cmd.which_bin '[pip2, pip, pip-python]'`],
      args: { cmds: { type: 'list', required: true, doc: 'their names' } },
      changes: false,
      run: (_ctx, { cmds }) => cmds.map((name) => which(String(name))).find((path) => path !== undefined) ?? null,
    }),
    has_exec: call({
      doc: 'Whether a program is there.',
      examples: [`tsalt '*' cmd.has_exec cat`],
      args: { cmd: { type: 'string', required: true, doc: 'its name' } },
      changes: false,
      run: (_ctx, { cmd }) => which(cmd) !== undefined,
    }),
    shells: call({
      doc: 'The login shells that /etc/shells lists.',
      examples: [`tsalt '*' cmd.shells`],
      args: {},
      changes: false,
      run: () => loginShells() ?? [],
    }),
    tty: call({
      doc: 'Write a line to a terminal.',
      examples: [`tsalt '*' cmd.tty pts3 'This is a test'`],
      args: {
        device: { type: 'string', required: true, doc: '`tty0`, `pts3`' },
        echo: { type: 'string', default: '', doc: 'the text' },
      },
      changes: true,
      run: (_ctx, { device, echo }) => writeToTerminal(device, echo),
    }),
  },
});

const writeToTerminal = async (device: string, text: string): Promise<Record<string, string>> => {
  if (!/^(tty|pts)[\w/]*$/.test(device)) return { Error: 'The specified device is not a valid TTY' };
  const path = device.startsWith('pts') ? `/dev/${device.replace(/^pts\/?/, 'pts/')}` : `/dev/${device}`;
  try {
    // Without O_CREAT: a terminal that is not there must not become a file.
    await using terminal = await open(path, 'r+');
    await terminal.writeFile(text);
    return { Success: `Message was successfully echoed to ${path}` };
  } catch {
    return { Error: `Echoing to ${path} returned error` };
  }
};
