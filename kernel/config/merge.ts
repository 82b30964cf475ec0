import { BadConfig, type ConfigWarning, type Source } from './errors.ts';
import { isValues } from './option.ts';
import { includedFiles } from './paths.ts';
import { readYamlFile, type YamlFile } from './yaml_file.ts';

interface Merged {
  readonly values: Record<string, unknown>;
  readonly sources: Map<string, Source>;
}

export interface ConfigFiles extends Merged {
  readonly warnings: readonly ConfigWarning[];
  /** Every file that was read, in order. */
  readonly files: readonly string[];
}

const DEEPEST_INCLUDE = 10;

/**
 * The main file, then `default_include`, then `include`, by Salt's rules: files of one include are merged
 * deeply (maps joined, lists appended without repeats, scalars of the later file win); what an include
 * yields replaces whole top-level keys of the main file. Missing files count as empty.
 * @throws BadConfig for a file that cannot be read or parsed.
 */
export function readConfigFiles(mainFile: string, defaultInclude: string): ConfigFiles {
  const warnings: ConfigWarning[] = [];
  const files: string[] = [];
  const main = readYamlFile(mainFile);
  if (main !== undefined) files.push(mainFile);
  const { values, sources } = merged(main);
  const patternOf = (key: string, otherwise: string[]) => patterns(values[key], key, sources.get(key) ?? { file: mainFile }, otherwise);
  const reader = new IncludeReader(warnings, files);
  const byDefault = patternOf('default_include', [defaultInclude]);
  const byHand = patternOf('include', []);
  replaceKeys(values, sources, reader.read(byDefault, mainFile, 0, false));
  replaceKeys(values, sources, reader.read(byHand, mainFile, 0, true));
  return { values, sources, warnings, files };
}

class IncludeReader {
  readonly #warnings: ConfigWarning[];
  readonly #files: string[];

  constructor(warnings: ConfigWarning[], files: string[]) {
    this.#warnings = warnings;
    this.#files = files;
  }

  read(patternList: readonly string[], from: string, depth: number, tell: boolean): Merged {
    if (depth > DEEPEST_INCLUDE)
      throw new BadConfig([{ file: from, message: `includes are nested deeper than ${DEEPEST_INCLUDE}; is it a circle?` }]);
    const result: Merged = { values: Object.create(null), sources: new Map() };
    for (const pattern of patternList) {
      const found = includedFiles(pattern, from);
      if (found.length === 0 && tell) {
        this.#warnings.push({ file: from, level: 'warning', message: `include ${JSON.stringify(pattern)} matches no file.` });
      }
      for (const file of found) this.#add(result, file, depth);
    }
    return result;
  }

  #add(into: Merged, file: string, depth: number): void {
    const content = readYamlFile(file);
    if (content === undefined) return;
    this.#files.push(file);
    const own = merged(content);
    const nested = patterns(own.values['include'], 'include', own.sources.get('include') ?? { file }, []);
    replaceKeys(own.values, own.sources, this.read(nested, file, depth + 1, true));
    for (const [key, value] of Object.entries(own.values)) {
      into.values[key] = deepMerged(into.values[key], value);
      into.sources.set(key, own.sources.get(key) ?? { file });
    }
  }
}

const merged = (file: YamlFile | undefined): Merged => ({
  values: file?.values ?? Object.create(null),
  sources: new Map(file?.sources ?? []),
});

function replaceKeys(values: Record<string, unknown>, sources: Map<string, Source>, later: Merged): void {
  for (const [key, value] of Object.entries(later.values)) {
    values[key] = value;
    const source = later.sources.get(key);
    if (source !== undefined) sources.set(key, source);
  }
}

function deepMerged(earlier: unknown, later: unknown): unknown {
  if (isValues(earlier) && isValues(later)) {
    const result: Record<string, unknown> = Object.assign(Object.create(null), earlier);
    for (const [key, value] of Object.entries(later)) result[key] = deepMerged(result[key], value);
    return result;
  }
  if (!Array.isArray(earlier) || !Array.isArray(later)) return later;
  const known = new Set(earlier.map((item) => JSON.stringify(item)));
  return [...earlier, ...later.filter((item) => !known.has(JSON.stringify(item)))];
}

function patterns(value: unknown, key: string, source: Source, otherwise: string[]): string[] {
  if (value === undefined || value === null) return otherwise;
  const list = Array.isArray(value) ? value : [value];
  if (list.every((item): item is string => typeof item === 'string')) return list.filter((item) => item !== '');
  throw new BadConfig([{ ...source, message: `${key} must be a file pattern or a list of them.` }]);
}
