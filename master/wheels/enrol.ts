import { CallRefused, call, type ExecModule, execModule } from '../../modules/define.ts';
import { mayJoin } from '../enrol/enrol.ts';
import type { Groups } from '../groups/groups.ts';
import type { KeyStore } from '../keys/store.ts';

export interface EnrolWheelParts {
  readonly keys: Pick<KeyStore, 'createToken' | 'revokeToken'>;
  readonly groups: Pick<Groups, 'get'>;
  /** How new minions reach this master, `HOST` or `HOST:PORT`. */
  readonly joinAddress: string;
  /** The fingerprint a joining minion pins. */
  readonly joinFinger: () => string | Promise<string>;
  /** Seconds a line can be used, unless it says so. */
  readonly ttl: () => number;
  /** What npm installs where tsalt-minion is not there yet: a name, with a version, or an address. */
  readonly pack: () => string;
}

const PACKAGE = /^[\w@.:/+~=-]+$/;

/** Lets machines in that are still to come. */
export const enrolWheel = (parts: EnrolWheelParts): ExecModule =>
  execModule({
    name: 'enrol',
    doc: 'Machines that are to join this master by a line that is made for them.',
    calls: {
      line: call({
        doc: 'Make one line to paste on a new machine: it installs and starts a minion, which is accepted once and joins the group.',
        examples: ['tsalt-run wheel.enrol.line group=web', "tsalt-run wheel.enrol.line for='web*' ttl=3600"],
        args: {
          group: { type: 'string', doc: 'a group of the kind list that it joins; made when there is none' },
          for: { type: 'string', doc: 'a glob on the ids that may use it; any unless given' },
          ttl: { type: 'number', doc: 'seconds for which it can be used; enrolment_token_ttl unless given' },
        },
        changes: true,
        run: async (_ctx, { group, for: pattern, ttl }) => {
          if (group !== undefined) mayJoin(parts.groups, group);
          const finger = await parts.joinFinger();
          const { token, expires } = parts.keys.createToken({
            ttl: ttl ?? parts.ttl(),
            ...(pattern === undefined ? {} : { for: pattern }),
            ...(group === undefined ? {} : { group }),
          });
          const start = `tsalt-minion --join ${parts.joinAddress} --token ${token} --finger ${finger} -d`;
          const line = `command -v tsalt-minion >/dev/null || npm install -g ${packageOf(parts.pack())} && ${start}`;
          return { line, token, expires: expires.toISOString(), finger, group: group ?? null, for: pattern ?? '*' };
        },
      }),
      revoke: call({
        doc: 'Make a line void that was not used yet.',
        examples: ['tsalt-run wheel.enrol.revoke id=1f2e3d4c5b6a'],
        args: { id: { type: 'string', required: true, doc: 'as enrol.waiting lists it' } },
        changes: true,
        run: (_ctx, { id }) => {
          if (!parts.keys.revokeToken(id)) throw new CallRefused(`there is no unused line ${id}; tsalt-run enrol.waiting lists them`);
          return true;
        },
      }),
    },
  });

/** A text for a shell: nothing in it may mean something to that. */
function packageOf(name: string): string {
  if (PACKAGE.test(name) && !name.startsWith('-')) return name;
  throw new CallRefused(`enrol_package: ${JSON.stringify(name).slice(0, 80)} is no name of a package and no address`);
}
