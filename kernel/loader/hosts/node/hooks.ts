import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * How synchronised files are read: `tsalt/modules` is the definition that comes with this program, wherever the file
 * lies, and TypeScript loses its types. Node runs this in a thread of its own (`module.register`).
 */
export interface HookSettings {
  /** URL of what `tsalt/modules` means. */
  readonly definition: string;
  /** URL of the folder of synchronised files; nothing outside it is looked at. */
  readonly directory: string;
}

interface Resolved {
  readonly url: string;
  readonly format?: string | null;
  readonly shortCircuit?: boolean;
}
interface Loaded {
  readonly format: string;
  readonly source?: string | Uint8Array;
  readonly shortCircuit?: boolean;
}

let settings: HookSettings = { definition: '', directory: '' };

export function initialize(given: HookSettings): void {
  settings = given;
}

export async function resolve(
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Promise<Resolved>,
): Promise<Resolved> {
  return await next(specifier === 'tsalt/modules' ? settings.definition : specifier, context);
}

export async function load(url: string, context: unknown, next: (url: string, context: unknown) => Promise<Loaded>): Promise<Loaded> {
  if (!url.startsWith(settings.directory) || !/\.[cm]?ts$/.test(new URL(url).pathname)) return await next(url, context);
  const file = fileURLToPath(url);
  return { format: 'module', source: withoutTypes(await readFile(file, 'utf8'), file), shortCircuit: true };
}

/** Blanks take the place of types, so that lines and columns in a stack are those of the file. */
function withoutTypes(source: string, file: string): string {
  const { transformSync } = createRequire(import.meta.url)('@swc/wasm-typescript') as typeof import('@swc/wasm-typescript');
  try {
    return transformSync(source, { mode: 'strip-only', filename: file }).code;
  } catch (thrown) {
    const { message, startLine } = thrown as { readonly message?: string; readonly startLine?: number };
    throw new SyntaxError(`${file}:${startLine ?? 1}: ${message ?? String(thrown)}`);
  }
}
