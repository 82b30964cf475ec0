/**
 * What a bare word means in YAML 1.1 as PyYAML reads it. Both the arguments of the command line (which
 * are read by these rules) and the yaml outputter (which quotes a text that would be misread) need it.
 */
export type ImplicitTag = 'str' | 'bool' | 'float' | 'int' | 'merge' | 'null' | 'timestamp' | 'value' | 'indicator';

const RULES: readonly (readonly [ImplicitTag, RegExp])[] = [
  ['bool', /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/],
  [
    'float',
    /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  ],
  ['int', /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/],
  ['merge', /^<<$/],
  ['null', /^(?:~|null|Null|NULL|)$/],
  [
    'timestamp',
    /^(?:\d{4}-\d{2}-\d{2}|\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|[ \t]+)\d{1,2}:\d{2}:\d{2}(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d{1,2}(?::\d{2})?))?)$/,
  ],
  ['value', /^=$/],
  ['indicator', /^[!&*]$/],
];

const MAY_BE_SPECIAL = /^[yYnNtTfFoO<~=!&*.+\-0-9]|^$/;

export function implicitTag(text: string): ImplicitTag {
  if (!MAY_BE_SPECIAL.test(text)) return 'str';
  for (const [tag, pattern] of RULES) if (pattern.test(text)) return tag;
  return 'str';
}
