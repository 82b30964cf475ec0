import type { Message } from '../../protocol/suites/suite.ts';

/**
 * A request a minion may make. Its identity was proved by the suite that opened the frame: no field of the
 * load may override it. What is thrown is logged and answered with `""`, as Salt answers a failed handler.
 */
export interface Command {
  readonly name: string;
  run(minion: string, load: Message): unknown;
  /** May be asked by a minion that did not say who it is: file requests of Salt before 3006.12. */
  readonly anonymous?: boolean;
  /** The answer goes out in Salt's private form: sealed to the minion's own key (pillar). */
  readonly answersPrivately?: boolean;
}

/** Field readers: what is absent or of another type is `undefined`, for the command to judge. */
export const textIn = (load: Message, key: string): string | undefined => {
  const value = load[key];
  return typeof value === 'string' ? value : undefined;
};

export const numberIn = (load: Message, key: string): number | undefined => {
  const value = load[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};

export const mapIn = (load: Message, key: string): Message | undefined => {
  const value = load[key];
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null ? (value as Message) : undefined;
};

export const listIn = (load: Message, key: string): readonly unknown[] | undefined => {
  const value = load[key];
  return Array.isArray(value) ? value : undefined;
};

export const textsIn = (load: Message, key: string): readonly string[] | undefined => {
  const value = listIn(load, key);
  return value?.every((item): item is string => typeof item === 'string') ? (value as string[]) : undefined;
};
