import type { ExecModule } from '../../modules/define.ts';

/** Whether a function changes something, by its full name; undefined when there is no such function. */
export type Changes = (fun: string) => boolean | undefined;

/** Asks the definitions themselves: what the role of a watcher is decided by. */
export const changesOf =
  (modules: readonly ExecModule[]): Changes =>
  (fun) => {
    const dot = fun.indexOf('.');
    const calls = modules.find(({ name }) => name === fun.slice(0, dot))?.calls ?? {};
    const name = fun.slice(dot + 1);
    return Object.hasOwn(calls, name) ? calls[name]?.changes : undefined;
  };
