/** A tar archive is padded to records of this size, in bytes. */
const RECORD = 10_240;
const BLOCK = 512;

interface Member {
  readonly name: string;
  readonly mode: number;
  readonly text: string;
}

/** A POSIX (ustar) archive of small files. */
export function tarOf(members: readonly Member[]): Buffer {
  const parts = members.flatMap((member) => {
    const data = Buffer.from(member.text);
    return [head(member, data.length), data, Buffer.alloc(-data.length & (BLOCK - 1))];
  });
  const whole = Buffer.concat(parts);
  return Buffer.concat([whole, Buffer.alloc(Math.ceil((whole.length + 2 * BLOCK) / RECORD) * RECORD - whole.length)]);
}

function head({ name, mode }: Member, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number) => block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at);
  block.write(name, 0, 100);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(Date.now() / 1000), 136, 12);
  block.write('        0', 148); // the sum counts its own field as blanks; then the type: a file
  block.write('ustar\x0000', 257);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
