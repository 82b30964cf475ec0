import { CommandFailed, call, type Returnable } from '../../define.ts';
import { pluginStatus } from './accounts.ts';
import { CONNECTION, connect, type Row, Session, talk } from './session.ts';

const name = { type: 'string', required: true, doc: 'the plugin' } as const;
const word = (text: string): string => {
  if (!/^\w+$/.test(text)) throw new CommandFailed(`mysql: '${text}' is no name of a plugin: letters, digits and _ make one`);
  return text;
};

/** A call that returns what a statement shows. */
const shown = (doc: string, example: string, sql: string, failed: Returnable, made: (rows: Row[]) => Returnable) =>
  call({
    doc,
    examples: [`tsalt '*' mysql.${example}`],
    args: {},
    extra: CONNECTION,
    changes: false,
    run: (ctx): Promise<Returnable> =>
      talk<Returnable>(ctx, { failed, login: ctx.extra }, async (session) => made(await session.rows(sql))),
  });

const firstRow = (rows: Row[]): Returnable => rows[0] ?? [];

/** Salt's numbers for a replica that is none, does not run, or cannot be asked. */
const lagOf = (rows: Row[]): Returnable => {
  const [row] = rows;
  if (row === undefined) return -1;
  return row['Slave_IO_Running'] === 'Yes' ? (row['Seconds_Behind_Master'] ?? null) : -2;
};

export const serverCalls = {
  status: shown('The counters of the server.', 'status', 'SHOW STATUS', {}, (rows) =>
    Object.fromEntries(rows.map((row) => [String(row['Variable_name']), row['Value'] ?? null])),
  ),
  version: shown('The version of the server; empty if it does not answer.', 'version', 'SELECT VERSION() AS version', '', (rows) =>
    String(rows[0]?.['version'] ?? ''),
  ),
  showvariables: shown('The variables of the session.', 'showvariables', 'SHOW VARIABLES', [], (rows) => rows),
  showglobal: shown('The variables of the server.', 'showglobal', 'SHOW GLOBAL VARIABLES', [], (rows) => rows),
  processlist: shown('Who is connected, and what they do.', 'processlist', 'SHOW FULL PROCESSLIST', [], (rows) => rows),
  get_master_status: shown(
    'Where the server is in its binary log; empty if it writes none.',
    'get_master_status',
    'SHOW MASTER STATUS',
    [],
    firstRow,
  ),
  get_slave_status: shown('How the server follows another; empty if it does not.', 'get_slave_status', 'SHOW SLAVE STATUS', [], firstRow),
  slave_lag: shown(
    'How many seconds a replica is behind: -1 if it is none, -2 if it does not run, -3 if it cannot be asked.',
    'slave_lag',
    'SHOW SLAVE STATUS',
    -3,
    lagOf,
  ),
  free_slave: call({
    doc: 'Make a replica a server of its own: `promoted` or `failed`.',
    examples: ["tsalt '*' mysql.free_slave"],
    args: {},
    extra: CONNECTION,
    changes: true,
    run: (ctx) =>
      talk<string>(ctx, { failed: '', login: ctx.extra }, async (session) => {
        const [status] = await session.rows('SHOW SLAVE STATUS');
        if (status === undefined) throw new CommandFailed('mysql.free_slave: this server is no replica');
        const master = await connect(ctx, {
          ...ctx.extra,
          connection_host: status['Master_Host'] ?? null,
          connection_port: status['Master_Port'] ?? null,
          connection_unix_socket: null,
        });
        if (master === undefined) return '';
        await new Session(master).run('FLUSH LOGS').finally(() => master.end());
        await session.run('STOP SLAVE');
        // Without a binary log there is nothing to begin anew.
        if ((await session.rows('SHOW MASTER STATUS')).length > 0) await session.run('RESET MASTER');
        await session.run('RESET SLAVE ALL');
        return (await session.rows('SHOW SLAVE STATUS')).length === 0 ? 'promoted' : 'failed';
      }),
  }),
  plugins_list: shown('The plugins of the server with their states.', 'plugins_list', 'SHOW PLUGINS', [], (rows) =>
    rows.map((row) => ({ name: row['Name'] ?? null, status: row['Status'] ?? null })),
  ),
  plugin_status: call({
    doc: 'The state of a plugin: ACTIVE and so on; empty if the server has it not.',
    examples: ["tsalt '*' mysql.plugin_status PLUGIN_NAME"],
    args: { name },
    extra: CONNECTION,
    changes: false,
    run: (ctx, args) => talk<string>(ctx, { failed: '', login: ctx.extra }, (session) => pluginStatus(session, args.name)),
  }),
  plugin_add: call({
    doc: 'Load a plugin. True if the server has it already.',
    examples: ["tsalt '*' mysql.plugin_add auth_socket"],
    args: { name, soname: { type: 'string', doc: 'the file it is in; its name and `.so` by default' } },
    extra: CONNECTION,
    changes: true,
    run: (ctx, args) =>
      talk<boolean>(ctx, { failed: false, login: ctx.extra }, async (session) => {
        if ((await pluginStatus(session, args.name)) === '') {
          await session.run(`INSTALL PLUGIN ${word(args.name)} SONAME ?`, [args.soname ?? `${args.name}.so`]);
        } else ctx.log.error(`Plugin ${args.name} is already installed.`);
        return true;
      }),
  }),
  plugin_remove: call({
    doc: 'Unload a plugin. True if the server has it not.',
    examples: ["tsalt '*' mysql.plugin_remove auth_socket"],
    args: { name },
    extra: CONNECTION,
    changes: true,
    run: (ctx, args) =>
      talk<boolean>(ctx, { failed: false, login: ctx.extra }, async (session) => {
        if ((await pluginStatus(session, args.name)) !== '') await session.run(`UNINSTALL PLUGIN ${word(args.name)}`);
        else ctx.log.error(`Plugin ${args.name} is not installed.`);
        return true;
      }),
  }),
};
