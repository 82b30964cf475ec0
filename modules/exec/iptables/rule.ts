import type { Returnable } from '../../define.ts';

export type Wishes = Readonly<Record<string, Returnable>>;

/** Options of targets: they stand behind the jump to it. */
const AFTER_JUMP = `j jump add-set and-mark and-tos checksum-fill clamp-mss-to-pmtu clustermac ctevents ctmask del-set ecn-tcp-remove
exist expevents gateway hash-init hashmode helper label local-node log-ip-options log-level log-prefix log-tcp-options
log-tcp-sequence log-uid map-set mask mss new nfmask nflog-group nflog-prefix nflog-range nflog-threshold nodst
notrack on-ip on-port or-mark or-tos persistent queue-balance queue-bypass queue-num random random-fully
rateest-ewmalog rateest-interval rateest-name reject-with restore restore-mark sack-perm save-mark selctx set-class
set-dscp set-dscp-class set-mark set-mss set-tos set-xmark strip-options timeout timestamp to to-destination to-ports
to-source total-nodes tproxy-mark ttl-dec ttl-inc ttl-set type ulog-cprange ulog-nlgroup ulog-prefix ulog-qthreshold
wscale xor-mark xor-tos zone zone-orig zone-reply dst-pfx hl-dec hl-inc hl-set hmark-dport-mask hmark-dst-prefix
hmark-mod hmark-offset hmark-proto-mask hmark-rnd hmark-spi-mask hmark-sport-mask hmark-src-prefix hmark-tuple
led-always-blink led-delay led-trigger-id queue-cpu-fanout src-pfx to-port addr and-mask delude honeypot or-mask
prefix reset reuse set-mac shift static tarpit tname ttl`.split(/\s/);

/** What states hand on that is no option of a rule. */
const NO_OPTIONS = new Set(
  `chain save table name state require require_any watch watch_any onchanges onchanges_any onfail onfail_any
onfail_all onfail_stop prereq listen onchanges_in onfail_in prereq_in watch_in require_in listen_in fun
check_cmd cmd_opts_exclude failhard onlyif unless creates retry order parallel reload_modules reload_grains
reload_pillar runas runas_password no_log fire_event saltenv umask use use_in`.split(/\s/),
);

/** A value that says no begins with `!` or `not`. */
const NOT = /^(!|not)\s?/;

/** The value as a word, and what stands before the option of a value that says no. */
const parted = (value: Returnable | undefined): { readonly not: string; readonly text: string } => {
  const text = textOf(value);
  return NOT.test(text) ? { not: '! ', text: text.replace(/(!|not)\s?/g, '') } : { not: '', text };
};

const textOf = (value: Returnable | undefined): string =>
  value === true ? 'True' : value === false ? 'False' : value == null ? '' : String(value);
const listOf = (value: Returnable | undefined): readonly Returnable[] =>
  Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value ?? ''];

/**
 * A rule as iptables takes it, from options under their long names: `connstate`, `proto`, `dport`, `if`, `of` and `jump`
 * have a place of their own, as do the options of targets; the others stand in the order in which they were given. A text
 * that begins with `Error:` where something is missing.
 */
export function ruleText(given: Wishes): string {
  const wishes: Record<string, Returnable> = Object.fromEntries(
    Object.entries(given).filter(([key]) => !NO_OPTIONS.has(key) && !key.startsWith('__')),
  );
  if ('target' in wishes) {
    wishes['jump'] = wishes['target'] ?? null;
    delete wishes['target'];
  }
  const rule: string[] = [];
  const take = (key: string): Returnable | undefined => {
    const value = wishes[key];
    delete wishes[key];
    return value;
  };
  const option = (key: string, flag: string): void => {
    if (!(key in wishes)) return;
    const { not, text } = parted(take(key));
    rule.push(`${not}${flag} ${text}`);
  };
  option('if', '-i');
  option('of', '-o');
  if ('proto' in wishes && wishes['match'] !== 'policy') wishes['protocol'] = take('proto') ?? null;
  const hasProtocol = 'protocol' in wishes;
  option('protocol', '-p');
  addMatches(rule, wishes, take, option);
  addSets(rule, take('match-set'));
  if ('connstate' in wishes && !rule.includes('-m state')) rule.push('-m state');
  option('connstate', '--state');
  option('dport', '--dport');
  option('sport', '--sport');
  for (const key of ['dports', 'sports']) {
    if (!(key in wishes)) continue;
    if (!rule.includes('-m multiport')) {
      if (!hasProtocol) return 'Error: protocol must be specified';
      rule.push('-m multiport');
    }
    addPorts(rule, key, take(key));
  }
  if ('comment' in wishes) {
    if (!rule.includes('-m comment')) rule.push('-m comment');
    rule.push(`--comment "${textOf(take('comment'))}"`);
  }
  if (wishes['set']) option('set', '--match-set');
  const behind = AFTER_JUMP.filter((key) => key in wishes).map((key) => targetOption(key, take(key)));
  for (const [key, value] of Object.entries(wishes)) rule.push(plainOption(key, value));
  return [...rule, ...behind].join(' ');
}

function addMatches(
  rule: string[],
  wishes: Wishes,
  take: (key: string) => Returnable | undefined,
  option: (key: string, flag: string) => void,
): void {
  if (!('match' in wishes)) return;
  const policy = wishes['match'] === 'policy';
  for (const match of listOf(take('match')).map(textOf)) {
    rule.push(`-m ${match}`);
    if ('name_' in wishes && ['pknock', 'quota2', 'recent'].includes(match.trim())) rule.push(`--name ${textOf(take('name_'))}`);
  }
  if (policy) option('proto', '--proto');
}

function addSets(rule: string[], sets: Returnable | undefined): void {
  if (sets === undefined) return;
  for (const set of Array.isArray(sets) ? (sets as readonly Returnable[]) : [sets]) {
    const { not, text } = parted(set);
    rule.push(`-m set ${not}--match-set ${text}`);
  }
}

function addPorts(rule: string[], key: string, ports: Returnable | undefined): void {
  const list = Array.isArray(ports) ? (ports as readonly Returnable[]) : [ports ?? ''];
  const parts = list.map(parted);
  if (parts.some(({ not }) => not !== '')) rule.push('!');
  rule.push(`--${key} ${parts.map(({ text }) => text).join(',')}`);
}

function targetOption(key: string, value: Returnable | undefined): string {
  const text = textOf(value);
  return text === '' ? `--${key}` : /\s/.test(text) ? `--${key} "${text}"` : `--${key} ${text}`;
}

function plainOption(key: string, value: Returnable): string {
  const { not, text } = parted(value);
  return `${not}${key.length === 1 ? '-' : '--'}${key}${text === '' ? '' : ` ${text}`}`;
}
