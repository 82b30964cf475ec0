/** Salt's log levels, loudest threshold first; numbers as in Salt's logs. */
export const LEVELS = {
  quiet: 1000,
  critical: 50,
  error: 40,
  warning: 30,
  info: 20,
  profile: 15,
  debug: 10,
  trace: 5,
  garbage: 1,
  all: 0,
} as const;

export type Level = keyof typeof LEVELS;
export const levelNames = Object.keys(LEVELS) as Level[];
