import { join } from 'node:path';
import { CallRefused, type Ctx, call, execModule, type Returnable } from '../../../define.ts';
import { wordOf } from '../commands.ts';
import { asResult, type Block, type Config, readConfig, renderBlock } from './config.ts';

const conf_file = { type: 'string', default: '/etc/logrotate.conf', doc: 'the configuration' } as const;
const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const isBlock = (value: Returnable | undefined): value is Block => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The file that holds a directive or block: that of the configuration, or one that it includes. */
const placeOf = ({ include = '', included }: Config, key: string, config: string): string => {
  const name = Object.keys(included).find((file) => included[file]?.includes(key));
  return name === undefined ? config : join(include, name);
};

async function setDirective(ctx: Ctx, key: string, value: Returnable, now: Returnable, file: string): Promise<Returnable> {
  if (isBlock(now)) throw new CallRefused(`Error: ${key} includes a dict, and a specific setting inside the dict was not declared`);
  if (value === now) return true;
  const line = value === true ? key : value ? `${key} ${wordOf(value)}` : '';
  const options = { flags: ['MULTILINE'], backup: false, show_changes: false, prepend_if_not_found: true };
  return ctx.call('file.replace', [file, `^${literal(key)}.*`, line], options);
}

interface Wanted {
  readonly key: string;
  readonly name: string;
  readonly setting: Returnable;
}

async function setInBlock(ctx: Ctx, { key, name, setting }: Wanted, now: Returnable, file: string): Promise<Returnable> {
  if (now && !isBlock(now))
    throw new CallRefused('Error: A setting for a dict was declared, but the configuration line given is not a dict');
  const block = isBlock(now) ? now : {};
  if (setting === (block[name] ?? false)) return true;
  const { [name]: _old, ...others } = block;
  const made = renderBlock(key, setting ? { ...block, [name]: setting } : others);
  const options = { flags: ['MULTILINE', 'DOTALL'], backup: false, show_changes: false, append_if_not_found: true };
  return ctx.call('file.replace', [file, `^${literal(key)}.*?{.*?}`, made.replaceAll('\\', '\\\\')], options);
}

export default execModule({
  name: 'logrotate',
  doc: 'The configuration of logrotate.',
  calls: {
    show_conf: call({
      doc: 'All of the configuration: directives, and blocks by log file; what is included, too.',
      examples: ["tsalt '*' logrotate.show_conf"],
      args: { conf_file },
      changes: false,
      run: async (_ctx, args) => asResult(await readConfig(args.conf_file)),
    }),
    get: call({
      doc: 'A directive, a block, or a directive in a block; False if it is not there.',
      examples: ["tsalt '*' logrotate.get rotate", "tsalt '*' logrotate.get /var/log/wtmp rotate /etc/logrotate.conf"],
      args: {
        key: { type: 'string', required: true, doc: 'the directive, or the log file of a block' },
        value: { type: 'string', doc: 'the directive in the block' },
        conf_file,
      },
      changes: false,
      async run(_ctx, args): Promise<Returnable> {
        const found = asResult(await readConfig(args.conf_file))[args.key] ?? false;
        if (!args.value || found === false) return found;
        if (!isBlock(found)) throw new CallRefused(`logrotate.get: ${args.key} is a directive: it holds no ${args.value}`);
        return found[args.value] ?? false;
      },
    }),
    set: call({
      doc: 'Set a directive, or with `setting` one in a block: whether it is so now.',
      examples: ["tsalt '*' logrotate.set rotate 2", "tsalt '*' logrotate.set /var/log/wtmp rotate 2"],
      args: {
        key: { type: 'string', required: true, doc: 'the directive, or the log file of a block' },
        value: { type: 'any', required: true, doc: 'its value (True for none, False to remove it), or the directive in the block' },
        setting: { type: 'any', doc: 'the value in the block: True for none, False to remove it' },
        conf_file,
      },
      changes: true,
      async run(ctx, args) {
        const config = await readConfig(args.conf_file);
        const now = asResult(config)[args.key] ?? false;
        const file = placeOf(config, args.key, args.conf_file);
        if (args.setting === undefined || args.setting === null) return setDirective(ctx, args.key, args.value, now, file);
        return setInBlock(ctx, { key: args.key, name: wordOf(args.value), setting: args.setting }, now, file);
      },
    }),
  },
});
