import { Socket } from 'node:net';
import { receiveFrames } from '../frames.ts';
import { Serving } from './serving.ts';

/*
 * A process that runs synchronised files in JavaScript and TypeScript, one job at a time; process.ts starts it, nobody
 * by hand. Descriptor 3 leads to the minion.
 */
const channel = new Socket({ fd: 3, readable: true, writable: true });
const serving = new Serving(channel);

// Whatever a module does, the minion hears of it, and this process is replaced.
process.on('uncaughtException', (thrown) => serving.broken(thrown));
process.on('unhandledRejection', (thrown) => serving.broken(thrown));
process.on('SIGTERM', () => serving.abort());
channel.on('error', () => process.exit(1));
channel.on('end', () => process.exit(0));
receiveFrames(
  channel,
  (message) => void serving.receive(message),
  (why) => serving.broken(why),
);
