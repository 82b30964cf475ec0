import { flag, type ToolSpec } from '../options/option.ts';
import { generalOptions, loggingGroup, outputGroup, targetGroups, timeoutOption } from '../options/shared.ts';

/** The command line of `tsalt-cp`. */
export const copySpec: ToolSpec = {
  prog: 'tsalt-cp',
  usage: "[options] '<target>' SOURCE... DEST",
  about: 'Copies files of this machine to minions. It is made for a few small files; large or binary ones need -C.',
  groups: [
    {
      options: [...generalOptions, timeoutOption('Seconds after which minions that are still silent are asked about the job. Default: 5.')],
    },
    ...targetGroups(true).map((group, index) =>
      index === 0 ? { ...group, options: group.options.filter((option) => !option.flags.includes('-C')) } : group,
    ),
    outputGroup,
    {
      title: 'File Options',
      options: [
        flag('chunked', ['-C', '--chunked'], 'Send files in pieces: for large and binary files, and for directories.'),
        flag('no_compression', ['-n', '--no-compression'], 'Do not compress the pieces.'),
      ],
    },
    loggingGroup(true),
  ],
};
