import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { exitCode, Finish } from '../tool.ts';

/** @throws Finish with Salt's exit code 42 when there is no such file */
function statOf(path: string, message: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Finish(exitCode.incomplete, message);
    throw new Finish(exitCode.failed, `${path} cannot be read: ${(error as Error).message}\n`);
  }
}

/** The contents of small text files by their paths. @throws Finish for directories and for files that are not text */
export function textFiles(paths: readonly string[], say: (text: string) => void): Record<string, string> {
  const files: Record<string, string> = Object.create(null);
  for (const path of paths) {
    if (statOf(path, `The referenced file, ${path} is not available.\n`).isDirectory()) {
      say(`${path} is a directory, only files are supported in non-chunked mode. Use "--chunked" command line argument.`);
      throw new Finish(exitCode.failed);
    }
    files[path] = textOf(path);
  }
  return files;
}

function textOf(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Finish(exitCode.failed, `${path} is not UTF-8 text; send it with --chunked.\n`);
  }
}

/** A file or an empty directory to be copied, and where it goes. */
export interface Copy {
  readonly path: string;
  readonly remote: string;
  /** Permission bits; absent for an empty directory. */
  readonly mode?: number;
}

/** Everything below the sources. The destination is a directory when there is more than one file, or when it ends in `/`. */
export function copies(sources: readonly string[], dest: string): Copy[] {
  const found = sources.flatMap((source) => walk(source).map((item) => ({ ...item, source })));
  const files = found.filter((item) => item.mode !== undefined);
  const toDirectory = files.length < found.length || files.length > 1 || /[\\/]$/.test(dest);
  return found.map(({ source, path, mode }) => ({
    path,
    remote:
      path === source && mode !== undefined
        ? toDirectory
          ? join(dest, basename(path))
          : dest
        : join(dest, basename(source), relative(source, path)),
    ...(mode === undefined ? {} : { mode }),
  }));
}

function walk(path: string): { path: string; mode?: number }[] {
  const stat = statOf(path, `${path} does not exist\n`);
  if (!stat.isDirectory()) return [{ path, mode: stat.mode & 0o7777 }];
  const names = readdirSync(path).sort();
  return names.length === 0 ? [{ path }] : names.flatMap((name) => walk(join(path, name)));
}
