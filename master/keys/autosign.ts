import { readdirSync, readFileSync, rmSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { regexMatcher } from '../../kernel/targeting/regex.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { AUTOSIGN_FOLDER } from './pki-directory.ts';

export interface AutosignOptions {
  readonly pkiDir: string;
  readonly autoAccept: boolean;
  /** Lines of exact ids, globs or regular expressions; `#` begins a comment line. */
  readonly autosignFile?: string | undefined;
  readonly autorejectFile?: string | undefined;
  /** A file for each grain, holding one value a line. */
  readonly autosignGrainsDir?: string | undefined;
  /** Minutes a file in `minions_autosign` counts; 0: for ever. */
  readonly autosignTimeout: number;
  /** Lets a file count that its group may write to. */
  readonly permissivePkiAccess: boolean;
  readonly warn: (message: string) => void;
}

type Matcher = (id: string) => boolean;

/** The files by which an operator says beforehand which ids to accept or reject, read as Salt reads them. */
export class Autosign {
  readonly #options: AutosignOptions;
  readonly #lists = new Map<string, { readonly mark: string; readonly lines: readonly Matcher[] }>();

  /** Files told of already: anybody who can reach the port makes us look at them. */
  readonly #told = new Set<string>();

  constructor(options: AutosignOptions) {
    this.#options = options;
  }

  rejects(id: string): boolean {
    return this.#listed(id, this.#options.autorejectFile);
  }

  /** A file `minions_autosign/<id>` is used up by saying yes. */
  accepts(id: string, grains: Readonly<Record<string, unknown>> | undefined): boolean {
    if (this.#options.autoAccept || this.#listed(id, this.#options.autosignFile)) return true;
    return this.#takeStub(id) || this.#grainsMatch(grains);
  }

  #listed(id: string, file: string | undefined): boolean {
    if (file === undefined || file === '') return false;
    const stat = this.#trusted(file);
    if (stat === undefined) return false;
    const mark = `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
    let list = this.#lists.get(file);
    if (list?.mark !== mark) {
      list = { mark, lines: linesOf(file).map((line) => this.#matcher(line, file)) };
      this.#lists.set(file, list);
    }
    return list.lines.some((matches) => matches(id));
  }

  /** Undefined when the file is not there, or when others could have written it. */
  #trusted(file: string): Stats | undefined {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return undefined;
    const byOthers = (stat.mode & 0o002) !== 0;
    const byGroup = (stat.mode & 0o020) !== 0 && !(this.#options.permissivePkiAccess && groupIsOurs(stat));
    if (!byOthers && !byGroup) {
      this.#told.delete(file);
      return stat;
    }
    if (this.#told.has(file)) return undefined;
    this.#told.add(file);
    this.#options.warn(`Wrong permissions for ${file}, ignoring content (chmod ${byOthers ? 'o-w' : 'g-w'} makes it count)`);
    return undefined;
  }

  /** As a glob first, then as a regular expression that must match the whole id; a bad expression matches nothing. */
  #matcher(line: string, file: string): Matcher {
    const glob = globMatcher(line);
    try {
      const whole = regexMatcher(`(?:${line})\\Z`);
      return (id) => glob(id) || whole(id);
    } catch (error) {
      if (/[()|\\^$+{}]/.test(line))
        this.#options.warn(`${file}: the line ${JSON.stringify(line)} is read as a glob only: ${messageOf(error)}`);
      return glob;
    }
  }

  #takeStub(id: string): boolean {
    const folder = join(this.#options.pkiDir, AUTOSIGN_FOLDER);
    this.#dropOldStubs(folder);
    const file = join(folder, id);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return false;
    rmSync(file);
    return true;
  }

  #dropOldStubs(folder: string): void {
    if (this.#options.autosignTimeout <= 0) return;
    const tooOld = Date.now() - this.#options.autosignTimeout * 60_000;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = join(folder, entry.name);
      if (!entry.isFile() || (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? tooOld) >= tooOld) continue;
      rmSync(file, { force: true });
      this.#options.warn(`${file} is older than autosign_timeout and was removed`);
    }
  }

  #grainsMatch(grains: Readonly<Record<string, unknown>> | undefined): boolean {
    const folder = this.#options.autosignGrainsDir;
    if (folder === undefined || folder === '' || grains === undefined) return false;
    return namesIn(folder).some((name) => {
      if (!Object.hasOwn(grains, name)) return false;
      const file = join(folder, name);
      return this.#trusted(file) !== undefined && linesOf(file).includes(pythonText(grains[name]));
    });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new TsaltError('bad-autosign', `autosign_grains_dir ${folder}: ${messageOf(cause)}`, { cause });
  }
}

/** An empty line stands for nothing: read as a glob it would match an empty grain. */
const linesOf = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

/** A grain as Python's `str` prints it, for the scalar grains these files are written for. */
function pythonText(value: unknown): string {
  if (value === true) return 'True';
  if (value === false) return 'False';
  return value === null || value === undefined ? 'None' : String(value);
}

const groupIsOurs = (stat: Stats): boolean => process.getuid?.() !== 0 || (process.getgroups?.() ?? []).includes(stat.gid);
