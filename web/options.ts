import { type ConfigOf, defineOptions, type OptionTable, option, type Values } from '../kernel/config/option.ts';
import { TsaltError } from '../protocol/errors.ts';

const MIB = 1024 * 1024;

/** The options below `rest_cherrypy`, by the names and with the defaults of salt-api. */
export const restOptions = defineOptions({
  port: option.number({ default: 8000, least: 0, most: 65535, doc: 'The port; 0 picks a free one.' }),
  host: option.string({ default: '0.0.0.0', doc: 'The address to listen on.' }),
  ssl_crt: option.string({ default: null, doc: 'The certificate, a PEM file.' }),
  ssl_key: option.string({ default: null, doc: 'Its private key, a PEM file.' }),
  ssl_chain: option.string({ default: null, doc: 'The certificates between it and the root, a PEM file.' }),
  disable_ssl: option.boolean({ default: false, doc: 'Speak plain HTTP.' }),
  app: option.string({ default: null, doc: 'An HTML file that browsers get instead of what programs get: how SaltGUI is served.' }),
  app_path: option.string({ default: '/app', doc: 'Where that file is also found.' }),
  static: option.string({ default: null, doc: 'A directory whose files are served.' }),
  static_path: option.string({ default: '/static', doc: 'Where they are found.' }),
  favicon: option.string({ default: null, doc: 'The file of /favicon.ico.' }),
  root_prefix: option.string({ default: '/', doc: 'The path all others are below.' }),
  webhook_url: option.string({ default: '/hook', doc: 'Where webhooks are taken.' }),
  webhook_disable_auth: option.boolean({ default: false, doc: 'Take webhooks of anybody.' }),
  stats_disable_auth: option.boolean({ default: false, doc: 'Show /stats to anybody.' }),
  metrics_disable_auth: option.boolean({ salt: false, default: false, doc: 'Show /metrics to anybody.' }),
  collect_stats: option.boolean({ default: false, doc: 'Count requests for /stats.' }),
  enable_sessions: option.boolean({ default: true, doc: 'Offer login, logout, minions and jobs.' }),
  max_request_body_size: option.number({ default: MIB, least: 1024, doc: 'Most bytes of a request body.' }),
  api_acl: option.map({ default: {}, doc: 'Which users may log in, by address.' }),
  authorized_ips: option.list({ default: [], single: true, doc: 'Addresses or networks that are served; empty means all.' }),
  cors_origin: option.list({ salt: false, default: [], single: true, doc: 'Origins whose pages may use this server with their cookie.' }),
  debug: option.boolean({ default: false, doc: 'Show what went wrong to the one who asked.' }),
  max_connections: option.number({ salt: false, default: 2000, least: 1, doc: 'Connections served at the same time.' }),
} satisfies OptionTable);

type RestOptions = ConfigOf<typeof restOptions>;

/** What the web is configured by. */
export interface WebOptions extends RestOptions {
  /** `netapi_enable_clients`: the kinds of call that `POST /` takes. */
  readonly clients: readonly string[];
  /** Where a certificate of our own is kept. */
  readonly pkiDir: string;
}

/**
 * Reads the options below `rest_cherrypy`. Those of CherryPy that mean nothing here are left alone.
 * @throws TsaltError `bad-config` naming the option and what was expected.
 */
export function webOptions(given: Values, more: Pick<WebOptions, 'clients' | 'pkiDir'>): WebOptions {
  const config: Record<string, unknown> = {};
  for (const [name, { read, default: standard }] of Object.entries<OptionTable[string]>(restOptions)) {
    const value = given[name];
    if (value === undefined || value === null) config[name] = standard;
    else {
      const got = read(value);
      if ('expected' in got)
        throw new TsaltError('bad-config', `rest_cherrypy: ${name} must be ${got.expected}, not ${JSON.stringify(value)}`);
      config[name] = got.value;
    }
  }
  return { ...(config as RestOptions), ...more };
}
