import type { Ctx, Host, Returnable } from '../../define.ts';

export type Action = 'start' | 'stop' | 'restart' | 'reload' | 'force-reload';
export interface ActOptions {
  /** Do not wait until it is done. */
  readonly noBlock: boolean;
  readonly unmask: boolean;
  readonly unmaskRuntime: boolean;
}

/** One system's way to run services. To add one: write it in its own file, and name it in `managers` of index.ts. */
export interface ServiceManager {
  readonly name: string;
  serves(host: Host): boolean;
  /** False, or CommandFailed with the reason, if it did not work. */
  act(ctx: Ctx, action: Action, service: string, options: ActOptions): Promise<boolean>;
  active(ctx: Ctx, service: string): Promise<boolean>;
  available(ctx: Ctx, service: string): Promise<boolean>;
  enabled(ctx: Ctx, service: string): Promise<boolean>;
  /** Where this is more than not to be enabled: init scripts that are not there are neither. */
  readonly disabled?: (ctx: Ctx, service: string) => Promise<boolean>;
  enable(ctx: Ctx, service: string, options: ActOptions): Promise<boolean>;
  disable(ctx: Ctx, service: string, options: ActOptions): Promise<boolean>;
  all(ctx: Ctx): Promise<string[]>;
  listed(ctx: Ctx, state: 'enabled' | 'disabled' | 'static' | 'running'): Promise<string[]>;
  /** What only some managers can; a call of what is missing says so. */
  readonly masked?: (ctx: Ctx, service: string, runtime: boolean) => Promise<boolean>;
  readonly mask?: (ctx: Ctx, service: string, runtime: boolean) => Promise<true>;
  readonly unmask?: (ctx: Ctx, service: string, runtime: boolean) => Promise<true>;
  readonly show?: (ctx: Ctx, service: string) => Promise<Record<string, Returnable>>;
  readonly reloadManager?: (ctx: Ctx) => Promise<true>;
}
