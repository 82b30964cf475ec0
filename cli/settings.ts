import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { ClientConfig } from '../master/client/contract.ts';
import type { Parsed } from './options/parse.ts';
import type { StateOptions } from './output/outputter.ts';

/** What a tool takes from the master's or minion's configuration file. */
export interface Settings {
  readonly configDir: string;
  readonly client: ClientConfig;
  /** `output`: the format used without `--out`. */
  readonly output: string | null;
  readonly outputIndent: unknown;
  readonly outputFile: string | null;
  readonly color: boolean | null;
  readonly state: StateOptions;
  readonly summary: boolean;
  readonly chunkSize: number;
  /** Everything the files say. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export const configDirOf = (parsed: Parsed): string => parsed.text('config_dir') ?? process.env['SALT_CONFIG_DIR'] ?? '/etc/salt';

/** @throws BadConfig naming file and line when an option the tools use has a wrong type */
export async function readSettings(parsed: Parsed, file: 'master' | 'minion' = 'master'): Promise<Settings> {
  const [{ loadConfig }, { cliOptions }] = await Promise.all([import('../kernel/config/load.ts'), import('./settings-options.ts')]);
  const configDir = configDirOf(parsed);
  const { config, raw } = loadConfig(cliOptions(file), { configDir, file });
  return {
    configDir,
    client: { sockDir: config.sock_dir, cachedir: config.cachedir, user: userOf(config.cachedir, config.user), ...sudoer() },
    output: config.output,
    outputIndent: raw['output_indent'],
    outputFile: config.output_file,
    color: config.force_color ? true : config.no_color ? false : config.color,
    state: {
      output: config.state_output,
      verbose: config.state_verbose,
      tabular: tabularOf(config.state_tabular),
      pct: config.state_output_pct,
      profile: config.state_output_profile,
      diff: config.state_output_diff,
      compressIds: config.state_compress_ids,
      exclude: textsOf(config.state_output_exclude),
      terse: textsOf(config.state_output_terse),
      stripColors: config.strip_colors,
    },
    summary: config.cli_summary,
    chunkSize: config.salt_cp_chunk_size,
    raw,
  };
}

/** Salt's name for who runs this by sudo: he stays known in jobs and in the audit. */
function sudoer(): { readonly sudoer?: string } {
  const name = process.env['SUDO_USER'];
  return process.getuid?.() === 0 && name !== undefined && name !== '' && name !== 'root' ? { sudoer: `sudo_${name}` } : {};
}

/** Whose key to use: one's own when the master made one, else that of the account the master runs as. */
function userOf(cachedir: string, masterUser: string): string {
  const own = userInfo().username;
  return existsSync(join(cachedir, `.${own}_key`)) ? own : masterUser;
}

const tabularOf = (value: unknown): boolean | string => (typeof value === 'string' ? value : value === true);

const textsOf = (value: unknown): string | readonly string[] =>
  typeof value === 'string'
    ? value
    : Array.isArray(value)
      ? value.map((item) => (item === true ? 'True' : item === false ? 'False' : item === null ? 'None' : String(item)))
      : [];
