import { type Returnable, ReturnerAway, returner } from '../define.ts';
import { pythonJson } from './json.ts';

const LEVELS = ['LOG_EMERG', 'LOG_ALERT', 'LOG_CRIT', 'LOG_ERR', 'LOG_WARNING', 'LOG_NOTICE', 'LOG_INFO', 'LOG_DEBUG'];
const PARTS = ['KERN', 'USER', 'MAIL', 'DAEMON', 'AUTH', 'SYSLOG', 'LPR', 'NEWS', 'UUCP', 'CRON', 'AUTHPRIV'];
const FACILITIES = [...PARTS, ...Array.from({ length: 8 }, (_, index) => `LOCAL${index}`)].map((name) => `LOG_${name}`);
const OPTIONS = ['LOG_PID', 'LOG_CONS', 'LOG_NDELAY', 'LOG_NOWAIT', 'LOG_ODELAY', 'LOG_PERROR'];

/** The largest message; a datagram of the kernel's takes some 200 KiB. */
const LARGEST = '128KiB';

/**
 * By `logger` of util-linux, for Node.js has no datagram sockets in the file system. Each line of its input is a
 * message, and JSON on one line is one.
 */
export default returner({
  name: 'syslog',
  doc: 'Writes each result to the log of the system, as JSON.',
  example: `syslog.level: LOG_ERR
syslog.facility: LOG_DAEMON
syslog.tag: mysalt
syslog.options: [LOG_PID]`,
  options: {
    level: { type: 'string', default: 'LOG_INFO', choices: LEVELS, doc: 'how grave it is' },
    facility: { type: 'string', default: 'LOG_USER', choices: FACILITIES, doc: 'which part of the system speaks' },
    tag: { type: 'string', default: 'salt-minion', doc: 'who speaks; 32 characters at most' },
    options: { type: 'list', default: [], doc: 'of LOG_PID (add the process id) and LOG_PERROR (to stderr, too); others change nothing' },
    socket: { type: 'string', doc: 'where the log daemon listens, if not at /dev/log' },
  },
  serves: ({ which }) => which('logger') !== undefined || 'the program logger of util-linux is not installed',
  open({ level, facility, tag, options, socket }, ctx) {
    if (tag.length > 32) throw new Error(`syslog.tag is limited to 32 characters, and ${tag} has ${tag.length}`);
    const unknown = options.map(String).find((option) => !OPTIONS.includes(option));
    if (unknown !== undefined) throw new Error(`syslog.options: ${unknown} is none of ${OPTIONS.join(', ')}`);
    const priority = `${wordOf(facility)}.${wordOf(level)}`;
    const ident = options.includes('LOG_PID') ? `${tag}[${process.pid}]` : tag;
    const argv = [
      'logger',
      ...['--tag', ident, '--priority', priority, '--size', LARGEST, '--socket-errors=on'],
      ...(socket === undefined ? [] : ['--socket', socket]),
      ...(options.includes('LOG_PERROR') ? ['--stderr'] : []),
    ];
    const write = async (items: readonly Returnable[]): Promise<void> => {
      const { code, stderr } = await ctx.spawn(argv, { stdin: items.map((item) => `${pythonJson(item)}\n`).join('') });
      if (options.includes('LOG_PERROR')) process.stderr.write(stderr);
      if (code !== 0) throw new ReturnerAway(`logger ended with ${code}: ${stderr.toString().trim()}`);
    };
    return {
      send: (results) => write(results.map(({ what }) => what)),
      events: (events) => write(events.map(({ what: { tag, data } }) => ({ tag, data }))),
    };
  },
});

/** `LOG_LOCAL0` is `local0` for logger. */
const wordOf = (constant: string): string => constant.slice('LOG_'.length).toLowerCase();
