import { execModule } from '../../define.ts';
import { clusterCalls } from './clusters.ts';
import { databaseCalls } from './databases.ts';
import { datadirCalls } from './datadir.ts';
import { extensionCalls } from './extensions.ts';
import { languageCalls } from './languages.ts';
import { privilegeCalls } from './privileges.ts';
import { roleCalls } from './role_calls.ts';
import { schemaCalls } from './schemas.ts';
import { tablespaceCalls } from './tablespaces.ts';

export default execModule({
  name: 'postgres',
  doc: 'PostgreSQL servers, by psql: databases, roles, privileges, schemas, tablespaces, extensions, languages.',
  serves: (host) => host.which('psql') !== undefined || 'psql was not found',
  calls: {
    ...databaseCalls,
    ...tablespaceCalls,
    ...roleCalls,
    ...extensionCalls,
    ...schemaCalls,
    ...languageCalls,
    ...privilegeCalls,
    ...datadirCalls,
    ...clusterCalls,
  },
});
