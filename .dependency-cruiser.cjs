// The walls of the house: arrows only go down. `npm run walls` fails on one that does not.
const rooms = ['protocol', 'modules', 'kernel', 'states', 'minion', 'master', 'cli', 'web'];
const may = {
  protocol: [],
  modules: ['protocol'],
  kernel: ['protocol', 'modules'],
  states: ['protocol', 'modules', 'kernel'],
  minion: ['protocol', 'modules', 'kernel', 'states'],
  master: ['protocol', 'modules', 'kernel', 'states'],
  cli: ['protocol', 'kernel', 'minion', 'master', 'web'],
  web: ['protocol', 'kernel', 'master'],
};
const code = '\\.test\\.ts$';
const wall = (room) => ({
  name: `${room}-may-not`,
  severity: 'error',
  from: { path: `^${room}/`, pathNot: code },
  to: {
    path: `^(${rooms
      .filter((other) => other !== room && !may[room].includes(other))
      .concat('test')
      .join('|')})/`,
  },
});
module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...rooms.map(wall),
    {
      name: 'callers-use-the-client',
      severity: 'error',
      from: { path: '^(cli|web)/', pathNot: `^cli/(tsalt-master|tsalt-api|demo)\\.ts$|${code}` },
      to: { path: '^master/(?!client/|options\\.ts)' },
    },
    {
      name: 'cli-reaches-the-minion-by-main',
      severity: 'error',
      from: { path: '^cli/', pathNot: code },
      to: { path: '^minion/(?!main\\.ts|local\\.ts|options\\.ts|on_master\\.ts)' },
    },
    {
      name: 'kernel-knows-only-the-definition',
      severity: 'error',
      from: { path: '^kernel/', pathNot: code },
      to: { path: '^modules/(?!define\\.ts)' },
    },
    {
      name: 'modules-ship-as-if-custom',
      severity: 'error',
      from: { path: '^modules/(exec|grains|beacons|returners)/([^/]+)/', pathNot: code },
      to: { path: '^modules/(?!define\\.ts)', pathNot: '^modules/$1/$2/' },
    },
    {
      name: 'zeromq-in-one-file',
      severity: 'error',
      from: { pathNot: '^protocol/transports/zeromq' },
      to: { path: 'node_modules/zeromq' },
    },
    {
      name: 'http-in-the-web',
      severity: 'error',
      from: { pathNot: '^web/' },
      to: { path: 'node_modules/(fastify|@fastify)/' },
    },
    {
      name: 'the-browser-knows-no-server',
      severity: 'error',
      from: { path: '^web/console/app/', pathNot: code },
      to: { pathNot: '^web/console/app/|node_modules/(preact|@preact|uplot)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sqlite-in-its-rooms',
      severity: 'error',
      from: { pathNot: '^(master/[a-z]+|modules/returners)/sqlite' },
      to: { path: 'node_modules/better-sqlite3' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
