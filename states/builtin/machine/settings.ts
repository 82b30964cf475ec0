import { failed, inOrder, type StateCtx, type Verdict } from '../../define.ts';
import { plan } from './words.ts';

/** A setting of the machine that has one value: the functions that tell and set it, and how it is spoken of. */
export interface Setting {
  readonly get: string;
  readonly set: string;
  /** `System locale` */
  readonly title: string;
  /** Its key in the changes. */
  readonly key: string;
  readonly done: (value: string) => string;
  readonly failed: (value: string) => string;
}

/** The verdict on a setting that is to have a value. */
export async function settle(ctx: StateCtx, setting: Setting, value: string): Promise<Verdict> {
  const { title, key } = setting;
  if ((await ctx.call(setting.get)) === value) return inOrder(`${title} ${value} already set`);
  return plan(`${title} ${value} needs to be set`, async () => {
    const isDone = Boolean(await ctx.call(setting.set, [value]));
    return isDone ? inOrder(setting.done(value), { [key]: value }) : failed(setting.failed(value));
  });
}
