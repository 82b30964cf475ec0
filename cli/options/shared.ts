import { outputterNames } from '../output/names.ts';
import { flag, int, type OptionGroup, type OptionSpec, text } from './option.ts';

/** Options several tools have, with Salt's names. */
export const generalOptions: readonly OptionSpec[] = [
  flag('version', ['--version'], 'Print the version and exit.'),
  flag('versions', ['-V', '--versions-report'], 'Print the versions of everything involved and exit.'),
  flag('help', ['-h', '--help'], 'Show this help and exit.'),
  text('completion', ['--completion'], 'Print a completion script for a shell and exit: bash, zsh or fish.', {
    metavar: 'SHELL',
    choices: ['bash', 'zsh', 'fish'],
  }),
  text('saltfile', ['--saltfile'], 'Accepted for compatibility; Saltfiles are not read.'),
  text('config_dir', ['-c', '--config-dir'], "The directory of the configuration files. Default: '/etc/salt'."),
  flag('hard_crash', ['--hard-crash'], 'Accepted for compatibility; errors are always reported in full.'),
];

export const timeoutOption = (ofWhat: string): OptionSpec => int('timeout', ['-t', '--timeout'], ofWhat);

export const argumentOptions: readonly OptionSpec[] = [
  flag('args_stdin', ['--args-stdin'], 'Read further options and arguments from standard input, one on each line.'),
  text('no_parse', ['--no-parse'], 'Keyword arguments whose values stay texts, whatever they look like.', {
    metavar: 'NAME,NAME,...',
  }),
];

const targetOptions: readonly OptionSpec[] = [
  flag('pcre', ['-E', '--pcre'], 'The target is a regular expression that ids must match from their start.'),
  flag('list', ['-L', '--list'], 'The target is a list of ids, with commas or blanks between them.'),
  flag('grain', ['-G', '--grain'], 'The target is a grain and a shell pattern for its value: "os:Debian*".'),
  flag('grain_pcre', ['-P', '--grain-pcre'], 'The target is a grain and a regular expression: "os:Deb.*".'),
  flag('nodegroup', ['-N', '--nodegroup'], 'The target is a nodegroup of the master configuration.'),
];

const furtherTargetOptions: readonly OptionSpec[] = [
  flag('compound', ['-C', '--compound'], 'The target combines terms with and, or, not and brackets: "G@os:Debian and web*".'),
  flag('pillar', ['-I', '--pillar'], 'The target is a pillar key and a shell pattern for its value: "role:web*".'),
  flag('pillar_pcre', ['-J', '--pillar-pcre'], 'The target is a pillar key and a regular expression: "role:we.*".'),
  flag('ipcidr', ['-S', '--ipcidr'], 'The target is a subnet in CIDR notation or an IP address.'),
];

export const targetNames: readonly string[] = [...targetOptions, ...furtherTargetOptions].map((option) => option.name);

const delimiter: OptionGroup = {
  title: 'Additional Target Options',
  options: [text('delimiter', ['--delimiter'], "What stands between the levels of a grain or pillar key. Default: ':'.")],
};

/** `all`: also compound, pillar and subnet targets, which `tsalt-cp` of old does not have. */
export const targetGroups = (all: boolean): readonly OptionGroup[] => [
  {
    title: 'Target Options',
    about: 'How the target is read; without any of these it is a shell pattern for ids.',
    options: all ? [...targetOptions, ...furtherTargetOptions] : targetOptions,
  },
  delimiter,
];

export const eauthGroup: OptionGroup = {
  title: 'External Authentication',
  options: [
    text('eauth', ['-a', '--auth', '--eauth', '--external-auth'], 'Log in by an external system.', { metavar: 'EAUTH' }),
    flag('mktoken', ['-T', '--make-token'], 'Keep a token for later calls.'),
    text('username', ['--username'], 'The user to log in as.'),
    text('password', ['--password'], "The user's password."),
  ],
};

export const outputGroup: OptionGroup = {
  title: 'Output Options',
  about: 'How results are printed.',
  options: [
    text('output', ['--out', '--output'], 'The format of results.', { metavar: 'OUTPUT', choices: outputterNames }),
    int('output_indent', ['--out-indent', '--output-indent'], 'Spaces of indentation; a negative number puts a document on one line.'),
    text('output_file', ['--out-file', '--output-file'], 'Write results to this file.'),
    flag('output_file_append', ['--out-file-append', '--output-file-append'], 'Add to that file instead of emptying it first.'),
    flag('no_color', ['--no-color', '--no-colour'], 'No colours, also on a terminal.'),
    flag('force_color', ['--force-color', '--force-colour'], 'Colours, also into a file or a pipe.'),
    text('state_output', ['--state-output', '--state_output'], 'How much of each state is shown.', {
      choices: ['full', 'terse', 'mixed', 'changes', 'filter'].flatMap((mode) => [mode, `${mode}_id`]),
    }),
    text('state_verbose', ['--state-verbose', '--state_verbose'], 'False leaves out states that succeeded without changes.', {
      choices: ['True', 'False'],
    }),
  ],
};

/** In the order in which Salt lists them where it refuses another. */
const LEVELS = ['all', 'debug', 'error', 'critical', 'garbage', 'info', 'profile', 'quiet', 'trace', 'warning'];

/** `-l` is not an option of every tool: `tsalt-key -l` lists. */
export const loggingGroup = (short: boolean): OptionGroup => ({
  title: 'Logging Options',
  about: 'These win over the configuration files.',
  options: [
    text('log_level', short ? ['-l', '--log-level'] : ['--log-level'], "From which level on messages are shown. Default: 'warning'.", {
      choices: LEVELS,
      closed: true,
    }),
    text('log_file', ['--log-file'], 'The log file.'),
    text('log_level_logfile', ['--log-file-level'], 'From which level on messages go to the log file.', {
      choices: LEVELS,
      closed: true,
    }),
  ],
});
