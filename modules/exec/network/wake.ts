import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { CommandFailed, call } from '../../define.ts';

/** Twelve digits, or seventeen characters with a separator. @throws CommandFailed */
export const hardwareBytes = (address: string): Buffer => {
  const digits = address.length === 17 ? address.replaceAll(address[2] ?? '', '') : address;
  if (!/^[0-9a-f]{12}$/i.test(digits)) throw new CommandFailed(`'${address}' is not a hardware address`);
  return Buffer.from(digits, 'hex');
};

/** The packet that wakes a machine: six bytes of ones, and its address 16 times. */
const packet = (address: string): Buffer => {
  const bytes = hardwareBytes(address);
  return Buffer.concat([Buffer.alloc(6, 0xff), ...Array.from({ length: 16 }, () => bytes)]);
};

const send = async (data: Buffer, port: number, address: string): Promise<void> => {
  const socket = createSocket('udp4');
  try {
    socket.bind();
    await once(socket, 'listening');
    socket.setBroadcast(true);
    await new Promise<void>((done, failed) => socket.send(data, port, address, (error) => (error ? failed(error) : done())));
  } finally {
    socket.close();
  }
};

export const wakeCalls = {
  wol: call({
    doc: 'Wake a machine of the same network by its hardware address.',
    examples: ["tsalt '*' network.wol 08-00-27-13-69-77", "tsalt '*' network.wol 080027136977 255.255.255.255 7"],
    args: {
      mac: { type: 'string', required: true, doc: 'its hardware address' },
      bcast: { type: 'string', default: '255.255.255.255', doc: 'where to send' },
      destport: { type: 'number', default: 9, doc: 'the port' },
    },
    changes: true,
    async run(_ctx, { mac, bcast, destport }) {
      await send(packet(mac), destport, bcast);
      return true;
    },
  }),
};
