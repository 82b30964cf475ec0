import type { ArgsOf } from '../../../modules/define.ts';

const SHADOW = (doc: string) => ({ type: 'any', doc }) as const;

/** What `user.present` is told of a user; what is left out is left alone. */
export const USER_ARGS = {
  name: { type: 'string', required: true, doc: 'the user' },
  uid: { type: 'any', doc: 'the number' },
  gid: { type: 'any', doc: 'name or number of the primary group' },
  usergroup: { type: 'boolean', doc: 'whether a group of the same name is made' },
  groups: { type: 'any', doc: 'further groups; an empty list takes the user out of all others' },
  optional_groups: { type: 'any', doc: 'further groups, those of them that are there' },
  remove_groups: { type: 'boolean', default: true, doc: 'leave the groups that are not listed' },
  home: { type: 'string', doc: 'the home directory' },
  createhome: { type: 'boolean', default: true, doc: 'make the home directory if it is missing' },
  persist_home: { type: 'boolean', default: false, doc: 'move what is in the old home directory to the new one' },
  password: { type: 'string', doc: 'the hash of the password' },
  hash_password: { type: 'boolean', default: false, doc: 'password is the clear text: hash it' },
  enforce_password: { type: 'boolean', default: true, doc: 'False: leave a password alone that was set' },
  empty_password: { type: 'boolean', default: false, doc: 'log in without password' },
  shell: { type: 'string', doc: 'the login shell' },
  unique: { type: 'boolean', default: true, doc: 'False: another user may have the number' },
  system: { type: 'boolean', default: false, doc: 'made with a number of the system range' },
  fullname: { type: 'any', doc: 'the full name' },
  roomnumber: { type: 'any', doc: 'the room' },
  workphone: { type: 'any', doc: 'the phone at work' },
  homephone: { type: 'any', doc: 'the phone at home' },
  other: { type: 'any', doc: 'what else the comment field says' },
  loginclass: { type: 'any', doc: 'not used on this kind of system' },
  date: SHADOW('day of the last change of the password, from 1970'),
  mindays: SHADOW('days between two changes of the password at least'),
  maxdays: SHADOW('days between two changes of the password at most'),
  inactdays: SHADOW('days after the end of the password until the account is locked'),
  warndays: SHADOW('days before the end of the password to warn'),
  expire: SHADOW('day on which the account ends, from 1970'),
  win_homedrive: { type: 'any', doc: 'not used on this kind of system' },
  win_profile: { type: 'any', doc: 'not used on this kind of system' },
  win_logonscript: { type: 'any', doc: 'not used on this kind of system' },
  win_description: { type: 'any', doc: 'not used on this kind of system' },
  nologinit: { type: 'boolean', default: false, doc: 'leave it out of the databases of logins' },
  allow_uid_change: { type: 'boolean', default: false, doc: 'the number of a user that is there may be changed' },
  allow_gid_change: { type: 'boolean', default: false, doc: 'the primary group of a user that is there may be changed' },
  password_lock: { type: 'boolean', doc: 'lock or unlock the password' },
  local: { type: 'boolean', default: false, doc: 'look at and change the local files alone' },
} as const;

/** Groups and texts may have been settled meanwhile. */
export type UserArgs = { readonly [K in keyof ArgsOf<typeof USER_ARGS>]: ArgsOf<typeof USER_ARGS>[K] };

/** The properties that are kept in shadow(5): argument, key of `shadow.info`, and what it is called when it fails. */
export const SHADOW_FIELDS = [
  { arg: 'date', field: 'lstchg', words: 'last change date' },
  { arg: 'mindays', field: 'min', words: 'minimum days' },
  { arg: 'maxdays', field: 'max', words: 'maximum days' },
  { arg: 'inactdays', field: 'inact', words: 'inactive days' },
  { arg: 'warndays', field: 'warn', words: 'warn days' },
  { arg: 'expire', field: 'expire', words: 'expire days' },
] as const;
