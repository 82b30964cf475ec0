import { readdir, realpath, stat } from 'node:fs/promises';
import { call } from '../../define.ts';

const numbersIn = async (folder: string): Promise<number[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);

/** The files that a process holds open and runs, sorted. What is gone meanwhile, sockets and pipes are left out. */
const filesOf = async (pid: number): Promise<string[]> => {
  const tasks = (await numbersIn(`/proc/${pid}/task`)).map((task) => `/proc/${pid}/task/${task}`);
  const handles = [`/proc/${pid}/fd`, ...tasks.map((task) => `${task}/fd`)].map(async (folder) =>
    (await readdir(folder).catch(() => [])).map((name) => `${folder}/${name}`),
  );
  const found = new Set<string>();
  for (const handle of [...tasks.map((task) => `${task}/exe`), ...(await Promise.all(handles)).flat()]) {
    const place = await realpath(handle).catch(() => undefined);
    if (place !== undefined && (await stat(place).catch(() => undefined)) !== undefined) found.add(place);
  }
  return [...found].sort();
};

export const opened = {
  open_files: call({
    doc: 'The files that are open, with the processes that have them open; or the files by process.',
    examples: ["tsalt '*' file.open_files", "tsalt '*' file.open_files by_pid=True"],
    args: { by_pid: { type: 'boolean', default: false, doc: 'by process' } },
    changes: false,
    async run(_ctx, { by_pid }) {
      const pids = new Map<number, string[]>();
      const files = new Map<string, number[]>();
      for (const pid of await numbersIn('/proc')) {
        const places = await filesOf(pid);
        pids.set(pid, places);
        for (const place of places)
          files.set(
            place,
            [...(files.get(place) ?? []), pid].sort((one, other) => one - other),
          );
      }
      return by_pid ? pids : files;
    },
  }),
};
