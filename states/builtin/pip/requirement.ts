import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Specifier } from './pep440.ts';

/** What a package is asked for by: its name, unless only pip will know it, and the versions that will do. */
export interface Requirement {
  readonly name: string | undefined;
  readonly specifiers: readonly Specifier[];
}
const UNKNOWN: Requirement = { name: undefined, specifiers: [] };

const ARCHIVE = /\.(zip|whl|tar\.gz|tgz|tar|tar\.bz2|tbz|tar\.xz|txz|tlz|tar\.lz|tar\.lzma)$/i;
const VCS = /^(git|svn|hg|bzr)\+/;
const URL = /^((https?|ftp|file):|(git|svn|hg|bzr)\+[a-z]+:)/i;
const NAMED = /^\s*([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\s*(?:\[[^\]]*\])?\s*(@\s*\S.*|.*)$/i;
const SPECIFIER = /^\s*(===|~=|==|!=|<=|>=|<|>)\s*([^\s,;)]+)\s*$/;

/** Reads a package as pip takes it from its command line. @throws Error in the words of pip */
export function readRequirement(text: string): Requirement {
  try {
    return read(text);
  } catch (error) {
    if (VCS.test(text)) return UNKNOWN;
    throw error;
  }
}

function read(text: string): Requirement {
  const line = (text.split(URL.test(text) ? '; ' : ';')[0] ?? '').trim();
  if (URL.test(line)) return ofLink(line);
  const path = line.replace(/(\[[^\]]*\])$/, '');
  return isLocal(path, line) ? ofLink(path) : named(line);
}

const looksLikePath = (text: string): boolean => text.includes('/') || text.startsWith('.');

/** Whether a line is the path of a package. @throws Error for a directory that holds none */
function isLocal(path: string, line: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (looksLikePath(line) && found?.isDirectory() === true) {
    if (['setup.py', 'pyproject.toml'].some((file) => existsSync(join(path, file)))) return true;
    throw new Error(`Directory '${line}' is not installable. Neither 'setup.py' nor 'pyproject.toml' found.`);
  }
  if (!ARCHIVE.test(path)) return false;
  return found?.isFile() === true || !line.includes('@') || looksLikePath(line.split('@')[0] ?? '');
}

function ofLink(link: string): Requirement {
  const [place = '', fragment = ''] = link.split('#');
  const file = decodeURIComponent(basename(place));
  if (file.endsWith('.whl')) {
    const [name = '', version] = file.split('-');
    if (version === undefined) throw new Error(`${file} is not a valid wheel filename.`);
    return { name: name.replaceAll('_', '-'), specifiers: [{ operator: '==', version: version.replaceAll('_', '-') }] };
  }
  const egg = /(?:^|&)egg=([^&]*)/.exec(fragment)?.[1];
  return egg === undefined || egg === '' ? UNKNOWN : named(egg);
}

function named(text: string): Requirement {
  const [, name, rest = ''] = NAMED.exec(text) ?? [];
  if (name === undefined) throw invalid(text);
  if (rest === '' || rest.startsWith('@')) return { name, specifiers: [] };
  const inner = /^\s*\((.*)\)\s*$/.exec(rest)?.[1] ?? rest;
  const specifiers = inner.split(',').filter((part, index, all) => part.trim() !== '' || index < all.length - 1);
  return {
    name,
    specifiers: specifiers.map((part) => {
      const [, operator, version] = SPECIFIER.exec(part) ?? [];
      if (operator === undefined || version === undefined) throw invalid(text);
      if (version.endsWith(']')) throw new Error(`Extras after version '${operator}${version}'.`);
      return { operator, version };
    }),
  };
}

function invalid(text: string): Error {
  const hint = text.includes('/')
    ? `\nHint: It looks like a path.${existsSync(text) ? ' The path does exist. ' : ` File '${text}' does not exist.`}`
    : text.includes('=') && !/===|~=|==|!=|<=|>=|<|>/.test(text)
      ? '\nHint: = is not a valid operator. Did you mean == ?'
      : '';
  return new Error(`Invalid requirement: '${text}'${hint}`);
}
