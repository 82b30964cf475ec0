import { call, execModule } from '../../define.ts';
import { databaseCalls } from './databases.ts';
import { grantCalls } from './grant_calls.ts';
import { identifier } from './names.ts';
import { queryCalls } from './queries.ts';
import { serverCalls } from './server.ts';
import { userCalls } from './users.ts';

export default execModule({
  name: 'mysql',
  doc: 'MySQL and MariaDB servers: queries, databases, accounts, grants, plugins, replication.',
  calls: {
    ...queryCalls,
    ...databaseCalls,
    ...userCalls,
    ...grantCalls,
    ...serverCalls,
    quote_identifier: call({
      doc: 'A name in back quotes, as statements of mysql.query need it; `%` doubled.',
      examples: [`tsalt '*' mysql.quote_identifier 'foo\`bar'`],
      args: {
        identifier: { type: 'string', required: true, doc: 'the name' },
        for_grants: { type: 'boolean', default: false, doc: 'for a grant on all of a database, where `_` is a wildcard' },
      },
      changes: false,
      run: (_ctx, args) => identifier(args.for_grants ? args.identifier.replaceAll('_', '\\_') : args.identifier).replaceAll('%', '%%'),
    }),
  },
});
