import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { House, program } from './house.ts';
import { connects, freePort } from './ports.ts';
import { Daemon, until } from './process.ts';

const HOST = '127.0.0.1';

/** Users as the exchanges with the real salt-api were recorded with. */
export const USERS = { admin: 'adminpw', watcher: 'watchpw', limited: 'limitedpw', nobody: 'nobodypw' };
const PERMISSIONS = {
  admin: ['.*', '@runner', '@wheel', '@jobs'],
  watcher: [
    'test.ping',
    'grains.items',
    'beacons.list',
    'schedule.list',
    'status.*',
    { '@runner': ['manage.*', 'jobs.*'] },
    { '@wheel': ['key.list_all', 'key.finger', 'config.values', 'minions.connected'] },
    '@jobs',
  ],
  limited: [{ m1: ['test.ping', { 'test.echo': { args: ['hello'] } }] }],
};
export const CLIENTS = ['local', 'local_async', 'local_batch', 'local_subset', 'runner', 'runner_async', 'wheel', 'wheel_async'];

export interface ApiHouse extends AsyncDisposable {
  readonly house: House;
  readonly url: string;
  /** Waits until the API answers. */
  ready(): Promise<void>;
  /** `tsalt-api`, for a house with `api_in_master: false`; the house does not end it. */
  apart(): Daemon;
}

/** A house whose master serves the API on plain HTTP; `rest` and `options` are added to its configuration. */
export async function apiHouse(
  rest: (home: string) => Readonly<Record<string, unknown>> = () => ({}),
  options: Readonly<Record<string, unknown>> = {},
): Promise<ApiHouse> {
  const port = await freePort();
  const house = await House.open('tsalt', options);
  const file = join(house.home, 'users');
  const lines = Object.entries(USERS).map((pair) => `${pair.join(':')}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  house.configure({
    api_in_master: true,
    rest_cherrypy: { host: HOST, port, disable_ssl: true, ...rest(house.home) },
    netapi_enable_clients: CLIENTS,
    sharedsecret: 's3cr3t',
    external_auth: { file: { '^filename': file, ...PERMISSIONS }, sharedsecret: { bob: ['test.*'] } },
    ...options,
  });
  return {
    house,
    url: `http://${HOST}:${port}`,
    apart: () => new Daemon([...program('tsalt', 'api'), '-c', house.etc, '-l', 'info'], join(house.home, 'api.out')),
    ready: async () => void (await until('the API answers', async () => await connects({ host: HOST, port }))),
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  };
}
