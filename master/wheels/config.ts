import { redactor } from '../../kernel/config/redact.ts';
import { call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import { masked } from '../fleet/masked.ts';
import type { MasterConfig } from '../options.ts';

type Raw = () => Readonly<Record<string, unknown>>;

/**
 * The master's options. Salt gives them with their secrets, by which one who may only look becomes anyone; here what has
 * a secret name is stars.
 */
export const configWheel = (config: () => MasterConfig, raw: Raw, id: string): ExecModule =>
  execModule({
    name: 'config',
    doc: "The master's configuration.",
    calls: {
      values: call({
        doc: 'Give all options of the master, secrets as stars; keys of the file that are no options (`saltgui_*`) too.',
        examples: ['tsalt-run wheel.config.values'],
        args: {},
        changes: false,
        run: () => masked(redactor().value({ ...raw(), ...config(), id })) as Returnable,
      }),
    },
  });
