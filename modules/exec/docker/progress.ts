import { type Fields, fields } from './values.ts';

/** Ids of layers that were moved, and of those that were there. */
export type Layers = Readonly<Record<string, readonly string[]>>;

const THERE = /^(already exists|layer already exists|image already pushed.*)$/i;
const MOVED: Readonly<Record<string, RegExp>> = { Pulled: /^pull complete$/i, Pushed: /^(pushed|image successfully pushed)$/i };

/** `known`: short ids of images that were here before. */
export function layersOf(messages: readonly Fields[], how: 'Pulled' | 'Pushed', known: readonly string[]): Layers {
  const layers: Record<string, string[]> = {};
  const note = (key: string, id: string): void => {
    layers[key] = [...new Set([...(layers[key] ?? []), id])];
  };
  for (const { status, id } of messages) {
    if (typeof status !== 'string' || typeof id !== 'string') continue;
    if (THERE.test(status)) note(`Already_${how}`, id);
    else if (MOVED[how]?.test(status)) note(how, id);
    else if (how === 'Pulled' && status === 'Download complete') note(known.includes(id) ? 'Already_Pulled' : 'Pulled', id);
  }
  return layers;
}

/** What failed, of messages of a work in progress. */
export const errorsIn = (messages: readonly Fields[]): string[] =>
  messages.flatMap((message) => {
    if (!('errorDetail' in message)) return 'error' in message ? [String(message['error'])] : [];
    const { code, message: text } = fields(message['errorDetail']);
    return [code === undefined ? String(text) : `${String(code)}: ${String(text)}`];
  });
