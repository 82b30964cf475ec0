import { userInfo } from 'node:os';
import { type GrainHost, grainSource } from '../define.ts';

export const processGrains = grainSource({
  name: 'process',
  doc: "username, groupname, uid, gid, pid: the minion's own process.",
  async collect(host) {
    const uid = process.geteuid?.() ?? 0;
    const gid = process.getegid?.() ?? 0;
    return { username: userName(uid), groupname: groupName(host, gid), pid: process.pid, gid, uid };
  },
});

const userName = (uid: number): string => {
  try {
    return userInfo().username;
  } catch {
    // The uid has no account, as is usual in containers.
    return String(uid);
  }
};

const groupName = (host: GrainHost, gid: number): string =>
  (host.read('/etc/group') ?? '')
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields[2] === String(gid))?.[0] ?? '';
