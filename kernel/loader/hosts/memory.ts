import { readFileSync } from 'node:fs';

const EVERY_MS = 50;
/** Of every Linux that Node runs on with pages of the usual size. */
const PAGE_BYTES = 4096;

/**
 * Looks at a process again and again, and says so once when it holds more than `limit` bytes of memory; 0 never does.
 * A limit of the kernel's would be inherited by every program the process starts. Returns what ends the watch.
 */
export function watchMemory(pid: number, limit: number, exceeded: () => void): () => void {
  if (limit === 0) return () => undefined;
  const timer = setInterval(() => {
    if (residentBytes(pid) <= limit) return;
    clearInterval(timer);
    exceeded();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** 0 for a process that is gone, and where there is no /proc. */
function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
