import { join } from 'node:path';
import type { Run } from '../../kernel/loader/callable.ts';
import { ForeignException } from '../../kernel/loader/errors.ts';
import { RenderError } from '../../kernel/render/errors.ts';
import { gpgRenderer } from '../../kernel/render/gpg.ts';
import type { Renderers } from '../../kernel/render/pipeline.ts';
import { fromPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import type { Options } from '../settings.ts';
import type { Extensions } from './extensions.ts';

/** The renderers `py` and `js`: the document is a program, and its function `run` answers the data. */
export function programRenderers(extensions: Extensions, names: Readonly<Record<string, unknown>>, run: () => Run): Renderers {
  const renderer = (language: 'python' | 'javascript') => async (input: Parameters<Renderers[string]>[0]) => {
    try {
      const path = String(names['tplpath'] ?? '<template>');
      return fromPlain(await extensions.render(language, { path, text: str(input), names }, run()));
    } catch (error) {
      if (error instanceof ForeignException) throw new RenderError(`${error.traceback.trimEnd()}\n`, undefined, error);
      throw error;
    }
  };
  return { py: renderer('python'), js: renderer('javascript') };
}

/** The renderer `gpg` by the options of a daemon. */
export const gpgBy = (options: Options, confDir: string): Renderers => ({
  gpg: gpgRenderer({
    keydir: typeof options['gpg_keydir'] === 'string' ? options['gpg_keydir'] : join(confDir, 'gpgkeys'),
    mustSucceed: options['gpg_decrypt_must_succeed'] !== false,
  }),
});
