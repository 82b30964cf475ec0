/** What is measured: the rows of the table in docs/benchmarks.md. */
export interface Figure {
  readonly title: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** What this project set itself. */
  readonly goal?: number;
}

export const FIGURES = {
  returnsPerCpu: { title: 'Returns stored per CPU second of the master', unit: '/s', better: 'more', goal: 3000 },
  returnsPerCpuWarm: { title: 'The same, after 10,000 returns', unit: '/s', better: 'more' },
  fleetPing: { title: "`'*' test.ping --static` of the simulated fleet, wall", unit: 's', better: 'less', goal: 0.7 },
  enrolments: { title: 'Enrolments per second', unit: '/s', better: 'more', goal: 800 },
  enrolmentsPerCpu: { title: 'Enrolments per CPU second of the master', unit: '/s', better: 'more' },
  pingWall: { title: '`test.ping` of one minion, wall', unit: 's', better: 'less', goal: 0.15 },
  pingCpu: { title: '`test.ping` of one minion, CPU of the command', unit: 's', better: 'less', goal: 0.12 },
  cmdRunWall: { title: '`cmd.run "echo hi"` of one minion, wall', unit: 's', better: 'less' },
  callLocal: { title: '`salt-call --local test.ping`, CPU of the command', unit: 's', better: 'less' },
  masterStart: { title: 'Master, start to first reply', unit: 's', better: 'less', goal: 0.5 },
  minionStart: { title: 'Minion, start to the answer of a ping', unit: 's', better: 'less' },
  masterIdle: { title: 'Memory of the master (PSS), idle', unit: 'MiB', better: 'less', goal: 90 },
  masterFleet: { title: 'Memory of the master (PSS), with the fleet, after its jobs', unit: 'MiB', better: 'less', goal: 160 },
  minionIdle: { title: 'Memory of a minion (PSS)', unit: 'MiB', better: 'less', goal: 50 },
  inodes: { title: 'Inodes for a million returns', unit: '', better: 'less', goal: 10 },
  bytes: { title: 'Bytes on disk for a trivial return', unit: 'B', better: 'less', goal: 250 },
  lookup: { title: '`jobs.lookup_jid` of 1,000 returns, a million stored: in the store', unit: 'ms', better: 'less', goal: 50 },
  lookupWall: { title: 'The same as a command, beyond a command that does nothing', unit: 'ms', better: 'less' },
  bigFile: { title: 'A file of 100 MB to a minion', unit: 'MB/s', better: 'more', goal: 150 },
  bigFileReal: { title: 'A file of 100 MB from this master to a real minion', unit: 'MB/s', better: 'more' },
  smallFiles: { title: '1,000 small files to a minion', unit: 'files/s', better: 'more', goal: 800 },
  smallFilesReal: { title: '1,000 small files from this master to a real minion', unit: 'files/s', better: 'more', goal: 250 },
  syncModules: { title: '`saltutil.sync_modules` of 100 modules, beyond a ping', unit: 's', better: 'less', goal: 0.5 },
  callback: { title: 'A `__salt__` call of a custom Python module into the minion, median', unit: 'µs', better: 'less', goal: 100 },
  statesWall: { title: '`salt-call --local state.apply` of 100 `file.managed`, nothing to change, wall', unit: 's', better: 'less' },
  statesCpu: { title: 'The same, CPU', unit: 's', better: 'less' },
  gitFile: { title: '1,000 small files of git to a minion', unit: 'files/s', better: 'more' },
  gitFileDead: { title: 'The same, beside a remote that never answers', unit: 'files/s', better: 'more' },
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof FIGURES;
export type Readings = Partial<Record<FigureName, number>>;
