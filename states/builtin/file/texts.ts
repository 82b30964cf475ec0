import { readFile } from 'node:fs/promises';
import type { Returnable } from '../../../modules/define.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import type { StateCtx } from '../../define.ts';

/** Where the text of `append`, `prepend` and `blockreplace` may come from. */
export const TEXT_ARGS = {
  source: { type: 'string', doc: 'a file that is rendered and whose text it is' },
  source_hash: { type: 'any', doc: 'the hash of a source from the web' },
  template: { type: 'string', default: 'jinja', doc: 'the engine to render it by' },
  sources: { type: 'list', default: [], doc: 'several such files' },
  source_hashes: { type: 'list', default: [], doc: 'the hashes of those from the web' },
  defaults: { type: 'map', default: {}, doc: 'variables where context has none' },
  context: { type: 'map', default: {}, doc: 'variables of the templates' },
} as const;

interface Sources {
  readonly source?: string | undefined;
  readonly source_hash?: Returnable | undefined;
  readonly template: string;
  readonly sources: readonly Returnable[];
  readonly source_hashes: readonly Returnable[];
  readonly defaults: Readonly<Record<string, Returnable>>;
  readonly context: Readonly<Record<string, Returnable>>;
}

/** Why the sources as given make no sense; undefined when they do. */
export function sourcesRefused({ source, source_hash, sources, source_hashes }: Sources): string | undefined {
  if (source !== undefined && sources.length > 0) return 'source and sources are mutually exclusive';
  return source_hash !== undefined && source_hashes.length > 0 ? 'source_hash and source_hashes are mutually exclusive' : undefined;
}

/** The rendered texts of the sources, undefined where there are none, or why they cannot be had. */
export async function sourceTexts(ctx: StateCtx, given: Sources): Promise<{ readonly texts?: readonly string[]; readonly why?: string }> {
  const all = given.source === undefined ? given.sources.map(textOf) : [given.source];
  if (all.length === 0) return {};
  const texts: string[] = [];
  for (const source of all) {
    const cached = await ctx.call('cp.cache_file', [source], { saltenv: ctx.saltenv });
    if (typeof cached !== 'string' || cached === '') return { why: `Failed to load template file ${source}` };
    const { template, context, defaults } = given;
    const options = { template, context, defaults, saltenv: ctx.saltenv };
    const text = await ctx.call('file.apply_template_on_contents', [await readFile(cached, 'utf8')], options);
    if (typeof text !== 'string' || text === '') return { why: `Failed to read rendered template file ${cached} (${source})` };
    texts.push(text);
  }
  return { texts };
}

/** A text or a list of texts. */
export const listed = (text: Returnable): string[] => (Array.isArray(text) ? text.map(textOf) : [textOf(text)]);

/** Lines without their ends, as Python's `splitlines` cuts them. */
export const bareLines = (text: string): string[] => (text === '' ? [] : text.replace(/(\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/));

/** An expression for a text however its words are spaced (Salt's rule for what stands in a file already). */
export function spacedExpression(text: string): string {
  const escaped = (word: string): string => word.replace(/[\\^$.|?*+()[\]{}#&~-]/g, '\\$&');
  return bareLines(text)
    .map((line) => {
      const parts = line
        .trim()
        .split(/\s+/)
        .filter((word) => word !== '');
      const words = parts.flatMap((word) => word.split(/([^A-Za-z0-9_]+)/)).filter((piece) => piece !== '');
      return `(?:^\\s*${words.map(escaped).join('\\s*')}\\s*$)`;
    })
    .join('\\n');
}
