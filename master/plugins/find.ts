import { messageOf } from '../../protocol/errors.ts';
import type { FoundFile } from '../files/backend.ts';
import type { FileServer } from '../files/server.ts';
import { type Field, formOf, type Meta, metaOf } from './definition.ts';

/** A plugin as its folder describes it. */
export interface Plugin extends Meta {
  readonly name: string;
  readonly form?: readonly Field[];
  /** Changes with its code. */
  readonly code: string;
  /** The Jinja template of its results. */
  readonly template?: string;
  /** Why it cannot run: a file that cannot be understood, or is not there. */
  readonly problem?: string;
}

/** The environment of the file server whose plugins count. */
export const ENV = 'base';
export const NAME = /^[a-z][a-z0-9_]{0,39}$/;
/** Extensions of execution modules, in the order in which they are looked for. */
export const CODE = ['py', 'js', 'mjs', 'ts'] as const;
/** A file of a plugin that the master reads is at most this long, in bytes. */
const LONGEST = 256 * 1024;
const FOLDER = /^_plugins\/([^/]+)\//;

/** Plugins are the folders `_plugins/<name>/` of the file server, from wherever it has them. */
export class PluginFinder {
  readonly #files: FileServer;
  /** By place, size and time. */
  readonly #texts = new Map<string, string>();

  constructor(files: FileServer) {
    this.#files = files;
  }

  /** Sorted by name. */
  async all(): Promise<readonly Plugin[]> {
    const { files } = await this.#files.list(ENV);
    const names = [...new Set(files.flatMap((path) => FOLDER.exec(path)?.[1] ?? []))].filter((name) => name !== '__pycache__').sort();
    return await Promise.all(names.map((name) => this.#read(name, files)));
  }

  async find(name: string): Promise<Plugin | undefined> {
    if (!NAME.test(name)) return undefined;
    const { files } = await this.#files.list(ENV);
    return files.some((path) => path.startsWith(`_plugins/${name}/`)) ? await this.#read(name, files) : undefined;
  }

  async #read(name: string, files: readonly string[]): Promise<Plugin> {
    try {
      if (!NAME.test(name)) throw new Error('its name must be small letters, digits and _, and begin with a letter');
      const meta = metaOf(name, (await this.#text(name, 'meta.yaml')) ?? '');
      const form = await this.#text(name, 'form.yaml');
      const template = await this.#text(name, 'result.html');
      const code = CODE.map((one) => `_modules/plugin_${name}.${one}`).find((path) => files.includes(path));
      const found = code === undefined ? undefined : await this.#files.find(code, ENV);
      return {
        ...meta,
        name,
        ...(form === undefined ? {} : { form: formOf(form) }),
        ...(template === undefined ? {} : { template }),
        code: found === undefined ? '' : await this.#files.hash(found),
        ...(found !== undefined
          ? {}
          : { problem: `there is no ${name}.py or ${name}.js beside its meta.yaml, nor _modules/plugin_${name}.py` }),
      };
    } catch (error) {
      return { ...metaOf(name, ''), name: name.slice(0, 60), code: '', problem: messageOf(error) };
    }
  }

  async #text(name: string, file: string): Promise<string | undefined> {
    const found = await this.#files.find(`_plugins/${name}/${file}`, ENV);
    if (found === undefined) return undefined;
    if (found.size > LONGEST) throw new Error(`${file} has more than ${LONGEST} bytes`);
    const key = keyOf(found);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = (await this.#files.read(found, 0, found.size)).toString('utf8');
    if (this.#texts.size > 1000) this.#texts.clear();
    this.#texts.set(key, text);
    return text;
  }
}

const keyOf = ({ path, size, mtimeMs }: FoundFile): string => `${path}\0${size}\0${mtimeMs}`;
