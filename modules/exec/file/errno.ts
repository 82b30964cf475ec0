/** What the C library calls the failures of the system that file calls meet. */
const NAMES: Readonly<Record<string, string>> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EXDEV: 'Invalid cross-device link',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  ETXTBSY: 'Text file busy',
  EFBIG: 'File too large',
  ENOSPC: 'No space left on device',
  EROFS: 'Read-only file system',
  EMLINK: 'Too many links',
  ENAMETOOLONG: 'File name too long',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Too many levels of symbolic links',
  EDQUOT: 'Disk quota exceeded',
};

/**
 * A failure of the system as Salt's users know it, `[Errno 2] No such file or directory: '/x'`; the message of anything else.
 * `place` is named when the failure itself names no path, as that of a read does.
 */
export const systemText = (failure: unknown, place?: string): string => {
  if (!(failure instanceof Error)) return String(failure);
  const { code, errno, path = place, dest } = failure as NodeJS.ErrnoException & { readonly dest?: string };
  const name = NAMES[code ?? ''];
  if (name === undefined || errno === undefined) return failure.message;
  const places = [path, dest].filter((each) => each !== undefined).map((each) => `'${each}'`);
  return `[Errno ${Math.abs(errno)}] ${name}${places.length === 0 ? '' : `: ${places.join(' -> ')}`}`;
};
