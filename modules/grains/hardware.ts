import { type GrainHost, grainSource } from '../define.ts';

/** Grains by the file of `/sys/class/dmi/id` that holds them. Those that only root may read are left out for others. */
const dmiFiles = {
  biosversion: 'bios_version',
  biosvendor: 'bios_vendor',
  boardname: 'board_name',
  productname: 'product_name',
  manufacturer: 'sys_vendor',
  biosreleasedate: 'bios_date',
  uuid: 'product_uuid',
  serialnumber: 'product_serial',
} as const;

export const hardware = grainSource({
  name: 'hardware',
  doc: 'manufacturer, productname, serialnumber, uuid, boardname, biosvendor, biosversion, biosreleasedate: from DMI or the device tree.',
  async collect(host) {
    return { ...fromDeviceTree(host), ...fromDmi(host) };
  },
});

const fromDmi = (host: GrainHost): Record<string, string> => {
  const entries = Object.entries(dmiFiles).flatMap(([grain, file]) => {
    const value = host.read(`/sys/class/dmi/id/${file}`)?.trim();
    return value === undefined ? [] : [[grain, grain === 'uuid' ? value.toLowerCase() : value]];
  });
  return Object.fromEntries(entries);
};

/** ARM and POWER boards: the model reads `manufacturer,product` or just the product. */
const fromDeviceTree = (host: GrainHost): Record<string, string> => {
  const read = (name: string): string => (host.read(`/proc/device-tree/${name}`) ?? '').replace(/\0+$/, '');
  const model = read('model');
  const serialnumber = read('serial-number') || read('system-id');
  const comma = model.indexOf(',');
  return {
    ...(comma >= 0 ? { manufacturer: model.slice(0, comma) } : {}),
    ...(model === '' ? {} : { productname: model.slice(comma + 1) }),
    ...(serialnumber === '' ? {} : { serialnumber }),
  };
};
