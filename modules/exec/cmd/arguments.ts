import type { ArgsOf, ArgTable } from '../../define.ts';

/** Every argument of the calls that run a command, under Salt's names; each call picks its own, in its own order. */
const ALL = {
  cmd: { type: 'any', required: true, doc: 'the command: a line, or a list of its words' },
  cwd: { type: 'any', doc: "the directory to run in; the user's home by default" },
  stdin: { type: 'any', doc: 'text given to the command; `\\n` is taken as a newline' },
  runas: { type: 'string', doc: 'the user to run as, with its groups and login environment' },
  group: { type: 'string', doc: 'the group to run as' },
  shell: { type: 'string', doc: "the shell that reads the line; the minion's own by default" },
  python_shell: { type: 'boolean', doc: 'let the shell read the line; true when called from the command line' },
  env: { type: 'any', doc: 'environment variables: a map, or a list of maps' },
  clean_env: { type: 'boolean', default: false, doc: 'pass only `env`, nothing of the minion' },
  template: { type: 'string', doc: 'render the command and `cwd` by this engine first' },
  rstrip: { type: 'boolean', default: true, doc: 'cut white space off the end of the output' },
  umask: { type: 'any', doc: 'the octal umask to run with' },
  output_encoding: { type: 'string', doc: 'the encoding of the output; UTF-8 by default' },
  output_loglevel: { type: 'string', default: 'debug', doc: 'the level to log the output at; `quiet` logs nothing' },
  log_callback: { type: 'any', doc: 'not used' },
  hide_output: { type: 'boolean', default: false, doc: 'return no output' },
  timeout: { type: 'number', doc: 'seconds after which the command is killed' },
  reset_system_locale: { type: 'boolean', default: true, doc: 'set LC_* and LANGUAGE to C unless `env` has them' },
  ignore_retcode: { type: 'boolean', default: false, doc: 'a failing command is not an error' },
  saltenv: { type: 'string', doc: 'the environment to take files from' },
  use_vt: { type: 'boolean', default: false, doc: 'not used: output streams to the master anyway' },
  redirect_stderr: { type: 'boolean', default: false, doc: 'put stderr into stdout' },
  bg: { type: 'boolean', default: false, doc: 'do not wait for the command; its output is lost' },
  password: { type: 'string', doc: 'not used on this system' },
  encoded_cmd: { type: 'boolean', default: false, doc: 'not used on this system' },
  raise_err: { type: 'boolean', default: false, doc: "fail with the command's output when it fails" },
  prepend_path: { type: 'string', doc: 'directories put before PATH' },
  success_retcodes: { type: 'any', doc: 'return codes that mean success as 0 does' },
  success_stdout: { type: 'any', doc: 'texts in stdout that mean success' },
  success_stderr: { type: 'any', doc: 'texts in stderr that mean success' },
} as const satisfies ArgTable;

/** The arguments by which one command is run, those that a call leaves out being undefined. */
export type CommandArgs = Partial<ArgsOf<typeof ALL>> & { readonly cmd: ArgsOf<typeof ALL>['cmd'] };

const pick = <K extends keyof typeof ALL>(...names: K[]): Pick<typeof ALL, K> =>
  Object.fromEntries(names.map((name) => [name, ALL[name]])) as Pick<typeof ALL, K>;

/** Of these, positional values fill none. */
const byName = <T extends ArgTable>(table: T): T =>
  Object.fromEntries(Object.entries(table).map(([name, arg]) => [name, { ...arg, only: 'extra' }])) as T;

const WHERE = ['cmd', 'cwd', 'stdin', 'runas', 'group', 'shell'] as const;
const HOW = [
  'env',
  'clean_env',
  'template',
  'rstrip',
  'umask',
  'output_encoding',
  'output_loglevel',
  'log_callback',
  'hide_output',
] as const;
const UNTIL = ['timeout', 'reset_system_locale', 'ignore_retcode', 'saltenv', 'use_vt'] as const;
const SUCCESS = ['success_retcodes', 'success_stdout', 'success_stderr'] as const;

export const RUN = {
  ...pick(...WHERE, 'python_shell', ...HOW, ...UNTIL),
  redirect_stderr: { ...ALL.redirect_stderr, default: true },
  ...pick('bg', 'password', 'encoded_cmd', 'raise_err', 'prepend_path', ...SUCCESS),
} as const;
export const SHELL = {
  ...pick(...WHERE, ...HOW, ...UNTIL, 'bg', 'password', 'prepend_path', ...SUCCESS),
  python_shell: { type: 'boolean', default: true, only: 'extra', doc: 'let the shell read the line' },
} as const satisfies ArgTable;
export const RUN_STDOUT = pick(...WHERE, 'python_shell', ...HOW, ...UNTIL, 'password', 'prepend_path', ...SUCCESS);
export const RUN_ALL = pick(
  ...WHERE,
  'python_shell',
  ...HOW,
  ...UNTIL,
  'redirect_stderr',
  'password',
  'encoded_cmd',
  'prepend_path',
  ...SUCCESS,
);
export const RETCODE = pick(
  ...WHERE,
  'python_shell',
  'env',
  'clean_env',
  'template',
  'umask',
  'output_encoding',
  'output_loglevel',
  'log_callback',
  ...UNTIL,
  'password',
  ...SUCCESS,
);
export const RUN_BG = pick(
  'cmd',
  'cwd',
  'runas',
  'group',
  'shell',
  'python_shell',
  'env',
  'clean_env',
  'template',
  'umask',
  'timeout',
  'output_encoding',
  'output_loglevel',
  'log_callback',
  'reset_system_locale',
  'ignore_retcode',
  'saltenv',
  'password',
  'prepend_path',
  ...SUCCESS,
);
const SOURCE = {
  source: { type: 'string', required: true, doc: 'where the script is: salt://..., a URL or a path' },
  args: { type: 'any', doc: 'its arguments: a line, or a list of words' },
} as const satisfies ArgTable;
const SCRIPT_WHERE = ['cwd', 'stdin', 'runas', 'group', 'shell', 'python_shell', 'env'] as const;
export const SCRIPT = {
  ...SOURCE,
  ...pick(...SCRIPT_WHERE, 'template', 'umask', 'output_encoding', 'output_loglevel', 'log_callback', 'hide_output', 'timeout'),
  ...pick('reset_system_locale', 'saltenv', 'use_vt', 'bg', 'password', ...SUCCESS),
};
export const SCRIPT_RETCODE = {
  ...SOURCE,
  ...pick(...SCRIPT_WHERE),
  template: { ...ALL.template, default: 'jinja' },
  ...pick('umask', 'timeout', 'reset_system_locale', 'saltenv', 'output_encoding', 'output_loglevel', 'log_callback', 'use_vt', 'password'),
  ...pick(...SUCCESS),
} as const;
export const EXEC_CODE = {
  lang: { type: 'string', required: true, doc: 'the interpreter: `python3`' },
  code: { type: 'string', required: true, doc: 'the program text' },
  ...pick('cwd'),
  args: { type: 'any', doc: 'its arguments: one word, or a list of words' },
  ...byName(pick('stdin', 'runas', 'group', 'shell', ...HOW, ...UNTIL, 'redirect_stderr', 'prepend_path', ...SUCCESS)),
} as const;
