import { flag, type ToolSpec, text } from '../options/option.ts';
import { argumentOptions, eauthGroup, generalOptions, loggingGroup, outputGroup, timeoutOption } from '../options/shared.ts';

/** The command line of `tsalt-run`. */
export const runSpec: ToolSpec = {
  prog: 'tsalt-run',
  usage: '[options] <function> [arguments]',
  about: 'Runs functions on the master itself: runners.',
  groups: [
    {
      options: [
        ...generalOptions,
        timeoutOption('Accepted for compatibility; runners take their own timeout as an argument.'),
        ...argumentOptions,
        text('jid', ['--jid'], 'The job id to use, instead of a new one.'),
        flag('doc', ['-d', '--doc', '--documentation'], 'Print the documentation of a runner, of one of its functions, or of all.'),
        flag('async', ['--async'], 'Start the runner and do not wait for it.'),
        flag('skip_grains', ['--skip-grains'], 'Accepted for compatibility; no grains are needed.'),
        flag('strict_exit', ['--strict-exit'], 'Exit with 1 whenever the function is unknown or failed.'),
      ],
    },
    eauthGroup,
    { ...outputGroup, options: [...outputGroup.options, flag('quiet', ['--quiet'], 'Do not print the result.')] },
    loggingGroup(true),
  ],
};
