import type { Host } from '../../../define.ts';

const PROGRAMS = ['dnf5', 'dnf', 'tdnf', 'yum'];

/** The program of this system, in the order in which Salt prefers them. */
export const dnfOf = (host: Host): string | undefined => PROGRAMS.find((program) => host.which(program) !== undefined);
