import type { Others } from '../../kernel/loader/callable.ts';
import type { FindReturner } from '../../kernel/returners/returners.ts';
import type { Host } from '../../modules/define.ts';
import { returnerSources } from '../../modules/returners/index.ts';
import { type CustomReturners, customReturner } from './custom.ts';

/** Looks a returner up: synchronised ones go before the built-in ones of the same name. `disabled`: `disable_returners`. */
export function findReturner(custom: CustomReturners, others: () => Others, host: Host, disabled: () => readonly unknown[]): FindReturner {
  return async (name) => {
    if (disabled().includes(name)) return { refused: 'it is named in disable_returners' };
    const module = (await custom()).find((one) => one.name === name);
    if (module !== undefined && 'reason' in module) return { refused: module.reason };
    const found = (module && customReturner(module, others())) ?? (await builtin(name));
    if (found === undefined) return { refused: 'there is no such returner' };
    const serves = found.serves?.(host) ?? true;
    return serves === true ? found : { refused: serves };
  };
}

const builtin = async (name: string) => (Object.hasOwn(returnerSources, name) ? (await returnerSources[name]?.())?.default : undefined);
