import { flag, int, list, type ToolSpec, text } from '../options/option.ts';
import { argumentOptions, generalOptions, loggingGroup, outputGroup } from '../options/shared.ts';

/** The command line of `tsalt-call`. */
export const callSpec: ToolSpec = {
  prog: 'tsalt-call',
  usage: '[options] <function> [arguments]',
  about: 'Runs a function on this machine, as its minion would.',
  groups: [
    {
      options: [
        ...generalOptions,
        text('cachedir', ['--cachedir'], 'The cache directory.'),
        ...argumentOptions,
        flag('grains', ['-g', '--grains'], 'Print the grains of this machine.'),
        list('module_dirs', ['-m', '--module-dirs'], 'A further directory with modules; may be given several times.'),
        flag('doc', ['-d', '--doc', '--documentation'], 'Print the documentation of a function, a module, or of everything.'),
        text('master', ['--master'], 'The master to ask, instead of the configured one.'),
        text('return', ['--return'], 'Also hand the result to these returners.', { metavar: 'RETURNER' }),
        flag('local', ['--local'], 'Do not ask a master for anything.'),
        list('file_root', ['--file-root'], 'With --local: the directory of states and files.'),
        list('pillar_root', ['--pillar-root'], 'With --local: the directory of pillar files.'),
        flag('retcode_passthrough', ['--retcode-passthrough'], "Exit with the function's own return code."),
        flag('progress', ['--progress'], 'Show on stderr how far a state run is.'),
        flag('metadata', ['--metadata'], 'Print what is known about the call around its result.'),
        text('id', ['--id'], 'The minion id to use.'),
        flag('skip_grains', ['--skip-grains'], 'Accepted for compatibility.'),
        flag('refresh_grains_cache', ['--refresh-grains-cache'], 'Accepted for compatibility; grains are always gathered anew.'),
        flag('no_return_event', ['--no-return-event'], 'Do not report the result to the master.'),
        int('timeout', ['-t', '--timeout'], 'Seconds to wait for the master. Default: 60.'),
        flag('state_output_diff', ['--output-diff'], 'Print only states that changed something.'),
      ],
    },
    outputGroup,
    loggingGroup(true),
  ],
};
