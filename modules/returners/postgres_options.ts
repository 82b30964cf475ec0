import type { ArgTable } from '../define.ts';

/** Salt's two returners name the password differently; both names are taken by both. */
export const connectionOptions = {
  host: { type: 'string', default: 'localhost', doc: 'name or address of the server, or the directory of its socket' },
  port: { type: 'number', default: 5432, doc: 'its port' },
  db: { type: 'string', default: 'salt', doc: 'the database' },
  user: { type: 'string', default: 'salt', doc: 'the role' },
  passwd: { type: 'string', doc: 'its password; salt unless given' },
  pass: { type: 'string', doc: 'the same' },
  connect_timeout: { type: 'number', default: 10, doc: 'seconds that connecting may take' },
  sslmode: {
    type: 'string',
    choices: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
    doc: 'from require on the connection is encrypted, from verify-ca on the server is checked',
  },
  sslrootcert: { type: 'string', doc: 'file with the authority that signed the certificate of the server' },
  sslcert: { type: 'string', doc: 'file with the certificate of the client' },
  sslkey: { type: 'string', doc: 'file with its key' },
} as const satisfies ArgTable;
