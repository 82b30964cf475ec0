import { readFile } from 'node:fs/promises';
import { renderJinja } from '../../kernel/render/jinja/index.ts';
import { formats, renderPipeline } from '../../kernel/render/pipeline.ts';
import { fromPlain, toPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import type { Value } from '../../kernel/render/python/value.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import type { FileServer } from '../files/server.ts';
import { filesOf } from './find.ts';

export interface RenderParts {
  readonly files: FileServer;
  /** The pipe of renderers for files without a first line that names one. */
  readonly renderer: () => string;
  /** What templates see as `opts`. */
  readonly opts: () => Message;
  readonly log: Log;
}

/** Renders the SLS files of an event. What cannot be rendered is logged with file and tag, and left out. */
export type RenderReactions = (references: readonly string[], tag: string, data: Message) => Promise<Message>;

/** The IDs of all files in one map, each with `__sls__`, the file it comes from; a later file wins. */
export const createRender =
  (parts: RenderParts): RenderReactions =>
  async (references, tag, data) => {
    const high: Record<string, unknown> = Object.create(null);
    for (const reference of references) {
      const files = await locate(reference, parts.files);
      if (files.length === 0) parts.log.error(`Can not render SLS ${reference} for tag ${tag}. File missing or not found.`);
      for (const file of files) {
        try {
          const found = await render(file, tag, data, parts);
          for (const [id, body] of Object.entries(found))
            high[id] = isMessage(body) ? Object.assign(Object.create(null), body, { __sls__: file }) : body;
        } catch (error) {
          parts.log.error(`Failed to render "${file}" for tag ${tag}: ${messageOf(error)}`);
        }
      }
    }
    return high;
  };

async function locate(reference: string, files: FileServer): Promise<string[]> {
  if (!reference.startsWith('salt://')) return await filesOf(reference);
  const [path = '', query = ''] = reference.slice('salt://'.length).split('?');
  const found = await files.find(path, new URLSearchParams(query).get('saltenv') ?? 'base');
  return found === undefined ? [] : [found.path];
}

async function render(file: string, tag: string, data: Message, parts: RenderParts): Promise<Message> {
  const globals = new Map<string, Value>([
    ['tag', tag],
    ['data', fromPlain(data)],
    ['opts', fromPlain(parts.opts())],
    ['sls', file],
    ['saltenv', 'base'],
    ['grains', fromPlain({})],
    ['pillar', fromPlain({})],
  ]);
  const load = async (name: string): Promise<string | undefined> => {
    const found = await parts.files.find(name, 'base');
    return found === undefined ? undefined : await readFile(found.path, 'utf8');
  };
  const rendered = toPlain(
    await renderPipeline(await readFile(file, 'utf8'), parts.renderer(), {
      ...formats,
      jinja: async (input) => await renderJinja(str(input), { globals, load }),
    }),
  );
  if (isMessage(rendered)) return rendered;
  if (rendered === null || rendered === '') return {};
  throw new Error('it does not render to a dictionary');
}
