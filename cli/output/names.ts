/** The outputters a user may ask for. */
export const outputterNames = [
  'highstate',
  'json',
  'key',
  'nested',
  'newline_values_only',
  'no_return',
  'pprint',
  'quiet',
  'raw',
  'table',
  'txt',
  'yaml',
] as const;

export type OutputterName = (typeof outputterNames)[number];
