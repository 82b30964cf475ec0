import { flag, int, number, type ToolSpec, text } from '../options/option.ts';
import { argumentOptions, eauthGroup, generalOptions, loggingGroup, outputGroup, targetGroups, timeoutOption } from '../options/shared.ts';

/** The command line of `tsalt`. */
export const tsaltSpec: ToolSpec = {
  prog: 'tsalt',
  usage: "[options] '<target>' <function> [arguments]",
  about:
    'Runs functions on many machines at once and prints what each of them returned. plan TARGET, plans and apply-plan ID keep dry runs.',
  groups: [
    {
      options: [
        ...generalOptions,
        text('module_executors', ['--module-executors'], 'The executors minions run the function through, instead of their own.', {
          metavar: 'EXECUTOR_LIST',
        }),
        text('executor_opts', ['--executor-opts'], 'Options for these executors.'),
        timeoutOption('Seconds after which minions that are still silent are asked about the job. Default: 5.'),
        ...argumentOptions,
        flag('static', ['-s', '--static'], 'Print the returns together once all are there; silent minions are left out.'),
        flag(
          'progress',
          ['-p', '--progress'],
          'Show on stderr how many minions have returned and how far their states are, and a summary at the end.',
        ),
        flag('failhard', ['--failhard'], 'Send no further batches after the first failure.'),
        flag('async', ['--async'], 'Start the job, print its id and do not wait.'),
        int('subset', ['--subset'], 'Run on this many of the targeted minions, picked at random.'),
        flag('verbose', ['-v', '--verbose'], 'Print the job id first, and in a summary the names of silent and failed minions.'),
        flag('hide_timeout', ['--hide-timeout'], 'Do not print minions that did not return.'),
        flag('show_timeout', ['--show-timeout'], 'Accepted for compatibility; silent minions are printed anyway.'),
        flag('show_jid', ['--show-jid'], 'Print the job id first.'),
        text('batch', ['-b', '--batch', '--batch-size'], 'Run on this many minions, or this part of them (10%), at a time.'),
        number('batch_wait', ['--batch-wait'], 'Seconds to wait after a return before the next minion of a batch is sent the job.'),
        int('batch_safe_limit', ['--batch-safe-limit'], 'Switch to batches when at least this many minions are targeted.'),
        int('batch_safe_size', ['--batch-safe-size'], 'The size of such batches. Default: 8.'),
        text('return', ['--return'], 'Also hand the returns to these returners on the minions.', { metavar: 'RETURNER' }),
        text('return_config', ['--return_config'], 'Which configuration of the returner is used.', { metavar: 'RETURNER_CONF' }),
        text('return_kwargs', ['--return_kwargs'], 'Options for the returner, as a YAML mapping.', { metavar: 'RETURNER_KWARGS' }),
        flag('doc', ['-d', '--doc', '--documentation'], 'Print the documentation of a function, a module, or of everything.'),
        text('args_separator', ['--args-separator'], "What separates the arguments of several functions. Default: ','."),
        flag('summary', ['--summary'], 'Print below the results how many minions returned, failed or stayed silent.'),
        text('metadata', ['--metadata'], 'A YAML mapping that is kept with the job, to find it by.'),
        flag('state_output_diff', ['--output-diff'], 'Print only states that changed something.'),
        flag('config_dump', ['--config-dump'], 'Print what the master configuration files say, and exit.'),
        flag('preview_target', ['--preview-target'], 'Print the minions a target matches, without running anything.'),
        flag('follow', ['--follow'], 'Print the output of running commands as it is written, each line behind its minion.'),
        flag('force', ['--force'], 'With apply-plan: also states that were foreseen to fail.'),
        flag('strict_exit', ['--strict-exit'], 'Exit with 1 when a minion failed, 3 when one did not return, also with --static and -b.'),
      ],
    },
    ...targetGroups(true),
    eauthGroup,
    outputGroup,
    loggingGroup(true),
  ],
};
