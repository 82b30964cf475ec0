import { BlockList, isIP } from 'node:net';
import { TsaltError } from '../../protocol/errors.ts';

/** Whether an address is one of these, or within one of these networks. @throws TsaltError `bad-config` for what is neither */
export function addressList(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const version = isIP(address);
    if (version === 0) throw new TsaltError('bad-config', `rest_cherrypy: ${JSON.stringify(entry)} is no address and no network`);
    const family = version === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
    return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
  };
}
