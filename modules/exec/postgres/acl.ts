import { arrayOf } from './quote.ts';

/** Privileges by their letters in an access control list: https://www.postgresql.org/docs/current/ddl-priv.html */
const WORDS: Readonly<Record<string, string>> = {
  a: 'INSERT',
  C: 'CREATE',
  D: 'TRUNCATE',
  c: 'CONNECT',
  t: 'TRIGGER',
  r: 'SELECT',
  U: 'USAGE',
  T: 'TEMPORARY',
  w: 'UPDATE',
  X: 'EXECUTE',
  x: 'REFERENCES',
  d: 'DELETE',
  m: 'MAINTAIN',
  '*': 'GRANT',
};

/** The privileges there are for a kind of object. Tables have MAINTAIN since PostgreSQL 17. */
const LETTERS = {
  table: 'arwdDxtm',
  tablespace: 'C',
  language: 'U',
  sequence: 'rwU',
  schema: 'UC',
  database: 'CTc',
  function: 'X',
} as const;

/** A kind of object that privileges are given on. */
export type Kind = keyof typeof LETTERS;

export const isKind = (text: string): text is Kind => Object.hasOwn(LETTERS, text);
export const privilegesOf = (kind: Kind): string[] => [...LETTERS[kind]].map((letter) => WORDS[letter] ?? letter);

/** Privileges of a role, each with whether it may be passed on. */
export type Privileges = Readonly<Record<string, boolean>>;

/** The privileges in an access control list such as `{alice=r*w/postgres,=r/postgres}`, by role; those of all are of `public`. */
export function parseAcl(text: string): Record<string, Privileges> {
  const found: Record<string, Privileges> = {};
  for (const entry of arrayOf(text)) {
    const [, quoted, plain, letters = ''] = /^(?:"((?:[^"]|"")*)"|([^="]*))=([a-zA-Z*]*)/.exec(entry) ?? [];
    if (quoted === undefined && plain === undefined) continue;
    found[(quoted?.replaceAll('""', '"') ?? plain) || 'public'] = held(letters);
  }
  return found;
}

const held = (letters: string): Privileges =>
  Object.fromEntries([...letters.matchAll(/([a-zA-Z])(\*?)/g)].map(([, letter = '', star]) => [WORDS[letter] ?? letter, star === '*']));
