import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

/** An entry of a ZIP archive, as its central directory has it (APPNOTE.TXT 4.3.12). */
export interface ZipEntry {
  readonly name: string;
  /** Type and permission bits as `stat` has them; 0 where the archive was not made on a Unix. */
  readonly mode: number;
  readonly isDirectory: boolean;
  readonly isLink: boolean;
  readonly isEncrypted: boolean;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly offset: number;
  readonly time: number;
}

/** The archive is damaged, or none. */
export class NotZip extends Error {}
/** It is encrypted, and the password is absent or wrong. */
export class WrongPassword extends Error {}

const [END, CENTRAL, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50];

/** Throws NotZip. Archives beyond 4 GB (ZIP64) are not read. */
export const readEntries = (archive: Buffer): ZipEntry[] => {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || end + 22 > archive.length) throw new NotZip('File is not a zip file');
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== CENTRAL) throw new NotZip('Bad magic number for central directory');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const mode = archive.readUInt32LE(at + 38) >>> 16;
    entries.push({
      name,
      mode,
      isDirectory: name.endsWith('/') || (mode & 0o170000) === 0o040000,
      isLink: (mode & 0o170000) === 0o120000,
      isEncrypted: (archive.readUInt16LE(at + 8) & 1) === 1,
      method: archive.readUInt16LE(at + 10),
      time: archive.readUInt16LE(at + 12),
      crc: archive.readUInt32LE(at + 16),
      packed: archive.readUInt32LE(at + 20),
      offset: archive.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
};

/** What an entry holds. Throws NotZip or WrongPassword. */
export const readContent = (archive: Buffer, entry: ZipEntry, password?: string): Buffer => {
  if (entry.offset + 30 > archive.length || archive.readUInt32LE(entry.offset) !== LOCAL)
    throw new NotZip('Bad magic number for file header');
  const start = entry.offset + 30 + archive.readUInt16LE(entry.offset + 26) + archive.readUInt16LE(entry.offset + 28);
  const packed = archive.subarray(start, start + entry.packed);
  const plain = entry.isEncrypted ? decrypt(packed, entry, password) : packed;
  if (entry.method !== 0 && entry.method !== 8) throw new NotZip('That compression method is not supported');
  const content = entry.method === 0 ? plain : inflateRawSync(plain);
  if (crc32(content) !== entry.crc) throw new NotZip(`Bad CRC-32 for file '${entry.name}'`);
  return content;
};

/** The cipher of PKZIP 2.0 (APPNOTE.TXT 6.1): weak, and all that there is in old archives. */
const decrypt = (packed: Buffer, entry: ZipEntry, password: string | undefined): Buffer => {
  if (password === undefined) throw new WrongPassword(`File '${entry.name}' is encrypted, password required for extraction`);
  const keys = [0x12345678, 0x23456789, 0x34567890] as [number, number, number];
  const update = (byte: number): void => {
    keys[0] = step(keys[0], byte);
    keys[1] = (Math.imul(keys[1] + (keys[0] & 0xff), 134775813) + 1) >>> 0;
    keys[2] = step(keys[2], keys[1] >>> 24);
  };
  for (const byte of Buffer.from(password)) update(byte);
  const plain = Buffer.alloc(packed.length);
  for (const [index, byte] of packed.entries()) {
    const mixed = (keys[2] | 2) & 0xffff;
    plain[index] = byte ^ ((Math.imul(mixed, mixed ^ 1) >>> 8) & 0xff);
    update(plain[index] ?? 0);
  }
  const [checkByCrc, checkByTime] = [entry.crc >>> 24, entry.time >>> 8];
  if (plain[11] !== checkByCrc && plain[11] !== checkByTime) throw new WrongPassword(`Bad password for file '${entry.name}'`);
  return plain.subarray(12);
};
/** One step of CRC-32 over a byte, without the inversions that `crc32` does around it. */
const step = (crc: number, byte: number): number => (crc32(Buffer.from([byte]), (crc ^ 0xffffffff) >>> 0) ^ 0xffffffff) >>> 0;

export interface NewEntry {
  /** With a slash at its end for a directory. */
  readonly name: string;
  readonly mode: number;
  readonly modified: Date;
  readonly content: Buffer;
}

/** An archive of entries, each compressed. */
export const writeZip = (entries: readonly NewEntry[]): Buffer => {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const isDirectory = entry.name.endsWith('/');
    const data = isDirectory ? Buffer.alloc(0) : deflateRawSync(entry.content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(isDirectory ? 0 : 8, 4);
    common.writeUInt32LE(dosTime(entry.modified), 6);
    common.writeUInt32LE(crc32(entry.content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(entry.content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const signature = Buffer.alloc(4);
    signature.writeUInt32LE(LOCAL);
    parts.push(signature, common, name, data);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(CENTRAL);
    central.writeUInt16LE(0x0314, 4);
    common.copy(central, 6);
    central.writeUInt32LE((((entry.mode << 16) >>> 0) | (isDirectory ? 0x10 : 0)) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    directory.push(central, name);
    offset += 30 + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
};

const dosTime = (time: Date): number => {
  const year = Math.max(time.getFullYear(), 1980) - 1980;
  const date = (year << 9) | ((time.getMonth() + 1) << 5) | time.getDate();
  return ((date << 16) | (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1)) >>> 0;
};
