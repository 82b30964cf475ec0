export const GECOS = ['fullname', 'roomnumber', 'workphone', 'homephone', 'other'] as const;
export type GecosKey = (typeof GECOS)[number];
export type Gecos = Readonly<Record<GecosKey, string>>;

/** The parts of the comment field of passwd; the last one holds whatever commas are left. */
export const parseGecos = (field: string): Gecos => {
  const parts = field.split(',');
  const [fullname = '', roomnumber = '', workphone = '', homephone = ''] = parts;
  return { fullname, roomnumber, workphone, homephone, other: parts.slice(4).join(',') };
};

/** The field for these parts, without commas at its end. */
export const formatGecos = (gecos: Gecos): string =>
  GECOS.map((key) => gecos[key])
    .join(',')
    .replace(/,+$/, '');
