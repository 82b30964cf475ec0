import { CommandFailed, call, type Returnable } from '../../define.ts';
import { isDirectory } from './paths.ts';
import { splitWords, textOf } from './words.ts';

export const patching = {
  patch: call({
    doc: 'Apply a patch by the program patch, with the result of cmd.run_all.',
    examples: ["tsalt '*' file.patch /opt/file.txt /tmp/file.txt.patch"],
    args: {
      originalfile: { type: 'string', required: true, doc: 'the file, or a directory' },
      patchfile: { type: 'string', required: true, doc: 'the patch' },
      options: { type: 'any', default: '', doc: 'more options of patch: text, or a list' },
      dry_run: { type: 'boolean', default: false, doc: 'change nothing' },
    },
    changes: true,
    async run(ctx, args) {
      const program = ctx.host.which('patch');
      if (program === undefined) throw new CommandFailed("patch executable not found. Is the distribution's patch package installed?");
      const options = Array.isArray(args.options) ? args.options.map((one: Returnable) => textOf(one)) : splitWords(textOf(args.options));
      const has = (...known: readonly string[]): boolean => options.some((option) => known.some((one) => option.startsWith(one)));
      const isFolder = await isDirectory(args.originalfile);
      const command = [
        program,
        ...options,
        ...(args.dry_run ? ['--dry-run'] : []),
        // It would ask questions otherwise.
        ...(options.includes('-N') || options.includes('--forward') ? [] : ['--forward']),
        ...(options.includes('-r') || has('-r ', '--reject-file') ? [] : ['--reject-file=-']),
        '-i',
        args.patchfile,
        ...(isFolder ? ['-d', args.originalfile, ...(has('-p', '--strip=') ? [] : ['--strip=0'])] : [args.originalfile]),
      ];
      return ctx.call('cmd.run_all', [command], { python_shell: false });
    },
  }),
};
