import { CommandFailed } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, state } from '../../define.ts';
import { accumulatedLines } from './accumulated.ts';
import { fileMissing, NAME, pathOf, SHOW_CHANGES } from './common.ts';
import { sourcesRefused, sourceTexts, TEXT_ARGS } from './texts.ts';

export const blockreplace = state({
  doc: 'The text between two marks in a file.',
  args: {
    name: NAME,
    marker_start: { type: 'string', default: '#-- start managed zone --', doc: 'the line before it' },
    marker_end: { type: 'string', default: '#-- end managed zone --', doc: 'the line after it' },
    ...TEXT_ARGS,
    content: { type: 'string', default: '', doc: 'the text' },
    append_if_not_found: { type: 'boolean', default: false, doc: 'put it at the end where there are no marks' },
    prepend_if_not_found: { type: 'boolean', default: false, doc: 'put it at the start where there are no marks' },
    backup: { type: 'any', default: '.bak', doc: 'the ending of the copy that is kept, False for none' },
    show_changes: SHOW_CHANGES,
    append_newline: { type: 'boolean', doc: 'whether the text ends its last line itself' },
    insert_before_match: { type: 'string', doc: 'put it before the line that matches where there are no marks' },
    insert_after_match: { type: 'string', doc: 'put it after the line that matches where there are no marks' },
  },
  check: async (ctx, args) => {
    const found = await pathOf(args.name, 'blockreplace');
    if ('refused' in found) return found.refused;
    const refused = sourcesRefused(args) ?? (await fileMissing(found.path));
    if (refused !== undefined) return failed(refused);
    const told = await sourceTexts(ctx, args);
    if (told.why !== undefined) return failed(told.why);
    const lines = accumulatedLines(ctx, found.path);
    const content = [args.content, ...lines].filter((text, index) => index > 0 || text !== '').join('\n') + (told.texts ?? []).join('');
    const { marker_start, marker_end, append_if_not_found, prepend_if_not_found, backup, show_changes } = args;
    const options = { content, append_if_not_found, prepend_if_not_found, backup, show_changes };
    const places = {
      append_newline: args.append_newline ?? null,
      insert_before_match: args.insert_before_match ?? null,
      insert_after_match: args.insert_after_match ?? null,
    };
    const run = async (dry_run: boolean, words: string): Promise<Outcome> => {
      try {
        const changes = await ctx.call('file.blockreplace', [found.path, marker_start, marker_end], { ...options, ...places, dry_run });
        if (changes === '' || changes === false || changes === null) return inOrder('No changes needed to be made');
        return { result: dry_run ? null : true, comment: words, changes: { diff: changes } };
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        return failed(`Encountered error managing block: ${error.message}. See the log for details.`);
      }
    };
    if (ctx.testing) return await run(true, 'Changes would be made');
    return { predicted: { comment: '', changes: {} }, apply: () => run(false, 'Changes were made') };
  },
});
