import { isIP } from 'node:net';
import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { plan, undecided } from './words.ts';

const NAME = { type: 'string', required: true, doc: 'the name' } as const;
const IP = { type: 'any', required: true, doc: 'its address, or a list' } as const;

/** What the hosts file has for an address; `undefined` aliases are a line that is a comment. */
interface Known {
  readonly aliases?: readonly string[];
  readonly comment?: string;
}

/** One thing to be done to the hosts file. */
interface Deed {
  readonly call: 'add_host' | 'set_comment' | 'rm_host';
  readonly ip: string;
  readonly word: string;
}
const KINDS = {
  add_host: {
    changes: 'added',
    foretold: ({ ip, word }: Deed) => `Host ${word} (${ip}) would be added`,
    done: ({ ip, word }: Deed) => `Added host ${word} (${ip})`,
    failed: ({ ip, word }: Deed) => `Failed to add host ${word} (${ip})`,
  },
  set_comment: {
    changes: 'comment_added',
    foretold: ({ ip, word }: Deed) => `Comment for ${ip} (${word}) would be added`,
    done: ({ ip, word }: Deed) => `Set comment for host ${ip} (${word})`,
    failed: ({ ip, word }: Deed) => `Failed to add comment for host ${ip} (${word})`,
  },
  rm_host: {
    changes: 'removed',
    foretold: ({ ip, word }: Deed) => `Host ${word} (${ip}) would be removed`,
    done: ({ ip, word }: Deed) => `Removed host ${word} (${ip})`,
    failed: ({ ip, word }: Deed) => `Failed to remove host ${word} (${ip})`,
  },
} as const;

/** What is to be done that a name has these addresses, and what there is to say about it already. */
class Wanted {
  readonly comments: string[] = [];
  readonly warnings: string[] = [];
  readonly adds: Deed[] = [];
  readonly notes: Deed[] = [];
  readonly removals: Deed[] = [];
  valid = true;
  readonly #name: string;
  readonly #comment: string;

  constructor(name: string, comment: string) {
    this.#name = name;
    this.#comment = comment;
  }

  add(ip: string): void {
    this.adds.push({ call: 'add_host', ip, word: this.#name });
    if (this.#comment !== '') this.#note(ip);
  }

  #note(ip: string): void {
    this.notes.push({ call: 'set_comment', ip, word: this.#comment });
  }

  /** An address that is asked for and in the file. */
  keep(ip: string, known: Known): void {
    const [name, comment] = [this.#name, this.#comment];
    if (known.aliases?.includes(name) === true) {
      if (comment !== '' && known.comment !== comment) this.#note(ip);
      else this.comments.push(`Host ${name} (${ip}) already present`);
    } else if (isIP(ip) !== 0) this.add(ip);
    else {
      this.valid = false;
      this.comments.push(`Invalid IP Address for ${name} (${ip})`);
    }
  }

  /** An address that has the name and is not asked for. */
  stray(ip: string, clean: boolean): void {
    const name = this.#name;
    if (clean) this.removals.push({ call: 'rm_host', ip, word: name });
    else
      this.warnings.push(
        `Host ${name} present for IP address ${ip}. To get rid of this warning, either run this state with 'clean' set to True to remove ${name} from ${ip}, or add ${ip} to the 'ip' argument.`,
      );
  }
}

async function present(
  ctx: StateCtx,
  { name, ip, comment, clean }: { readonly name: string; readonly ip: Returnable; readonly comment: string; readonly clean: boolean },
): Promise<Verdict> {
  const ips = [...new Set([ip].flat() as string[])];
  const all = (await ctx.call('hosts.list_hosts')) as Readonly<Record<string, Known>>;
  const wanted = new Wanted(name, comment);
  for (const one of ips) if (!(one in all)) wanted.add(one);
  for (const [one, known] of Object.entries(all)) {
    if (ips.includes(one)) wanted.keep(one, known);
    else if (known.aliases?.includes(name) === true) wanted.stray(one, clean);
  }
  return ctx.testing ? foretold(wanted) : plan('', () => carryOut(ctx, wanted));
}

/** The changes of deeds: address and word by kind. */
function changesOf(deeds: readonly Deed[]): Outcome['changes'] {
  const changes: Record<string, Record<string, string[]>> = {};
  for (const { call, ip, word } of deeds) {
    const kind = KINDS[call].changes;
    changes[kind] = { ...changes[kind], [ip]: [...(changes[kind]?.[ip] ?? []), word] };
  }
  return changes;
}

const report = (wanted: Wanted, result: boolean | null, comments: readonly string[], deeds: readonly Deed[]): Outcome => ({
  result,
  comment: [...wanted.comments, ...comments].join('\n'),
  changes: changesOf(deeds),
  warnings: wanted.warnings,
});

function foretold(wanted: Wanted): Outcome {
  const deeds = [...wanted.adds, ...wanted.notes, ...wanted.removals];
  const moves = wanted.adds.length + wanted.removals.length > 0;
  const comments = deeds.map((deed) => KINDS[deed.call].foretold(deed));
  return report(wanted, moves ? null : wanted.valid, comments, deeds);
}

async function carryOut(ctx: StateCtx, wanted: Wanted): Promise<Outcome> {
  const done: Deed[] = [];
  const comments: string[] = [];
  const deeds = [...wanted.adds, ...wanted.notes, ...wanted.removals];
  for (const deed of deeds) {
    const isDone = Boolean(await ctx.call(`hosts.${deed.call}`, [deed.ip, deed.word]));
    if (isDone) done.push(deed);
    comments.push(KINDS[deed.call][isDone ? 'done' : 'failed'](deed));
  }
  return report(wanted, wanted.valid && done.length === deeds.length, comments, done);
}

async function absent(ctx: StateCtx, name: string, ips: readonly string[]): Promise<Outcome> {
  let outcome = undecided('');
  const comments: string[] = [];
  for (const ip of ips) {
    if (!(await ctx.call('hosts.has_pair', [ip, name]))) {
      outcome = { ...outcome, result: true };
      comments.push(`Host ${name} (${ip}) already absent`);
    } else if (ctx.testing) comments.push(`Host ${name} (${ip}) needs to be removed`);
    else if (await ctx.call('hosts.rm_host', [ip, name])) {
      outcome = inOrder('', { host: name });
      comments.push(`Removed host ${name} (${ip})`);
    } else {
      outcome = { ...outcome, result: false };
      comments.push('Failed to remove host');
    }
  }
  return { ...outcome, comment: comments.join('\n') };
}

async function only(ctx: StateCtx, ip: string, hostnames: Returnable): Promise<Verdict> {
  const before = ((await ctx.call('hosts.get_alias', [ip])) as readonly string[]).join(' ');
  const wanted = ([hostnames].flat() as string[]).map((name) => name.trim()).join(' ');
  if (before === wanted) return inOrder(`IP address ${ip} already set to "${wanted}"`);
  return plan(`Would change ${ip} from "${before}" to "${wanted}"`, async () => {
    if (!(await ctx.call('hosts.set_host', [ip, wanted])))
      return failed(`hosts.set_host failed to change ${ip} from "${before}" to "${wanted}"`);
    return inOrder(`successfully changed ${ip} from "${before}" to "${wanted}"`, { [ip]: { old: before, new: wanted } });
  });
}

/** Names of addresses in the hosts file. */
export default stateModule({
  name: 'host',
  doc: 'Names of addresses in the hosts file.',
  states: {
    present: state({
      doc: 'A name that an address, or several, have.',
      examples: ['salt-master:\n  host.present:\n    - ip: 192.168.0.42'],
      args: {
        name: NAME,
        ip: IP,
        comment: { type: 'string', default: '', doc: 'a comment of the addresses' },
        clean: { type: 'boolean', default: false, doc: 'no other address has the name' },
      },
      check: async (ctx, args) => await present(ctx, args),
    }),
    absent: state({
      doc: 'A name that an address, or several, do not have.',
      args: { name: NAME, ip: IP },
      check: async (ctx, { name, ip }) => {
        const ips = [ip].flat() as string[];
        return ctx.testing ? await absent(ctx, name, ips) : plan('', () => absent(ctx, name, ips));
      },
    }),
    only: state({
      doc: 'An address that has these names and no other.',
      args: {
        name: { ...NAME, doc: 'the address' },
        hostnames: { type: 'any', required: true, doc: 'its names, with blanks between or a list; none removes it' },
      },
      check: async (ctx, { name, hostnames }) => await only(ctx, name, hostnames),
    }),
  },
});
