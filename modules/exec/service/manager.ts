import type { Ctx, Host, Returnable } from '../../define.ts';

export type Action = 'start' | 'stop' | 'restart' | 'reload' | 'force-reload';
export interface ActOptions {
  /** Do not wait until it is done. */
  readonly noBlock: boolean;
  readonly unmask: boolean;
  readonly unmaskRuntime: boolean;
  /** The root of another tree, whose services are enabled and masked without being run. */
  readonly root?: string | undefined;
}

/** One system's way to run services. To add one: write it in its own file, and name it in `managers` of index.ts. */
export interface ServiceManager {
  readonly name: string;
  serves(host: Host): boolean;
  /** False, or CommandFailed with the reason, if it did not work. */
  act(ctx: Ctx, action: Action, service: string, options: ActOptions): Promise<boolean>;
  active(ctx: Ctx, service: string): Promise<boolean>;
  available(ctx: Ctx, service: string): Promise<boolean>;
  enabled(ctx: Ctx, service: string, root?: string): Promise<boolean>;
  /** Where this is more than not to be enabled: init scripts that are not there are neither. */
  readonly disabled?: (ctx: Ctx, service: string) => Promise<boolean>;
  enable(ctx: Ctx, service: string, options: ActOptions): Promise<boolean>;
  disable(ctx: Ctx, service: string, options: ActOptions): Promise<boolean>;
  all(ctx: Ctx, root?: string): Promise<string[]>;
  listed(ctx: Ctx, state: 'enabled' | 'disabled', root?: string): Promise<string[]>;
  /** What only some managers can. Where another one serves, systemctl is asked if it is there: it knows files of units, too. */
  readonly units?: UnitFiles;
}

/** What is only there where services are units of systemd. */
export interface UnitFiles {
  listed(ctx: Ctx, state: 'static' | 'running', root?: string): Promise<string[]>;
  masked(ctx: Ctx, service: string, runtime: boolean, root?: string): Promise<boolean>;
  mask(ctx: Ctx, service: string, runtime: boolean, root?: string): Promise<true>;
  unmask(ctx: Ctx, service: string, runtime: boolean, root?: string): Promise<true>;
  show(ctx: Ctx, service: string, root?: string): Promise<Record<string, Returnable>>;
  reload(ctx: Ctx): Promise<true>;
}
