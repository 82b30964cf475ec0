import { defineOptions, option } from '../kernel/config/option.ts';

/** The options of the configuration files that the command line tools look at; the daemons check all others. */
export const cliOptions = (role: 'master' | 'minion') =>
  defineOptions({
    root_dir: option.path({ default: '/', doc: 'Put before every path of this file.' }),
    cachedir: option.path({ default: `/var/cache/salt/${role}`, doc: "Where the tools find the master's key for them." }),
    sock_dir: option.path({ default: `/var/run/salt/${role}`, doc: 'Where the local socket of the master is.' }),
    user: option.string({ default: 'root', doc: 'The account the master runs as, whose key the tools use.' }),
    output: option.string({ default: null, doc: 'The outputter used when --out is not given.' }),
    output_file: option.string({ default: null, doc: 'The file results are written to.' }),
    color: option.boolean({ default: null, doc: 'False turns colours off, also on a terminal.' }),
    force_color: option.boolean({ default: false, doc: 'Colours also into a file or a pipe, as --force-color.' }),
    no_color: option.boolean({ default: false, doc: 'No colours, also on a terminal, as --no-color.' }),
    strip_colors: option.boolean({ default: true, doc: 'Show the ESC characters of texts that minions sent as a question mark.' }),
    cli_summary: option.boolean({ default: false, doc: 'Print a summary below the results of every job.' }),
    state_output: option.string({ default: 'full', doc: 'How much of each state is shown: full, terse, mixed, changes, filter.' }),
    state_verbose: option.boolean({ default: true, doc: 'Show states that succeeded without changes, too.' }),
    state_tabular: option.any({ default: false, doc: 'Align terse results in columns, or print them by a format of your own.' }),
    state_output_pct: option.boolean({ default: false, doc: 'Add the percentages of success and failure to the summary.' }),
    state_output_profile: option.boolean({ default: true, doc: 'Show when each state started and how long it took.' }),
    state_output_diff: option.boolean({ default: false, doc: 'Leave out states that changed nothing.' }),
    state_compress_ids: option.boolean({ default: false, doc: 'Roll states of one id with several names into one.' }),
    state_output_exclude: option.any({ default: [], doc: 'Results that the filter mode leaves out: True, False, None.' }),
    state_output_terse: option.any({ default: [], doc: 'Results that the filter mode shows on one line.' }),
    salt_cp_chunk_size: option.number({ default: 65536, least: 1, doc: 'Bytes of a file that tsalt-cp -C sends at a time.' }),
  });
