import type { Returnable } from '../../../modules/define.ts';
import { type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { fileManaged, onlyOfFiles, refusedAsResult } from './managed.ts';

async function check(ctx: StateCtx, { name, text }: { readonly name: string; readonly text: Returnable }): Promise<Verdict> {
  const file = onlyOfFiles(ctx.extra);
  return await refusedAsResult(async () => {
    const contents = await ctx.call('x509.get_pem_entry', [text]);
    const write = async (): Promise<Outcome> => {
      const { result, comment, changes } = await fileManaged(ctx, name, { ...file, contents });
      return { result, comment, changes };
    };
    return ctx.testing ? await write() : { predicted: { comment: '', changes: {} }, apply: write };
  });
}

export const pem_managed = state({
  doc: 'A file that holds an entry in PEM, neatly broken into lines.',
  examples: ['/etc/pki/www.crt:\n  x509.pem_managed:\n    - text: {{ salt["pillar.get"]("www:crt") }}'],
  args: {
    name: { type: 'string', required: true, doc: 'the file' },
    text: { type: 'any', required: true, doc: 'the entry: text, or a path' },
  },
  extra: 'arguments of file.managed: user, group, mode, makedirs, backup, ...',
  check,
});
