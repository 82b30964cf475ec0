import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { House, type Make } from '../support/house.ts';
import { noApt } from '../support/privileges.ts';
import { until } from '../support/process.ts';
import { Repository } from '../support/repository.ts';
import { realSalt } from '../support/salt.ts';

/** The module that this project began with. */
const MYPKG = "def myinstall(name): return __salt__['pkg.install'](name)\n";
const PLACES = ['file_roots', 'git'] as const;

const noSalt = realSalt() === undefined ? 'the real Salt could not be installed' : false;

/** A master whose minions find the module either among its files or in a repository, and nowhere else. */
async function houseOf(make: Make, place: (typeof PLACES)[number]): Promise<House> {
  const house = await House.open(make);
  house.serve('here.txt', 'a file of file_roots');
  if (place === 'file_roots') house.serve('_modules/mypkg.py', MYPKG);
  else {
    const repository = new Repository(join(house.home, 'repository'));
    repository.commit({ '_modules/mypkg.py': MYPKG, 'motd/init.sls': 'motd:\n  test.nop\n' });
    house.configure({ fileserver_backend: ['git', 'roots'], gitfs_remotes: [repository.url] });
  }
  return house;
}

function tells(make: Make, place: (typeof PLACES)[number], minions: readonly Make[]): void {
  const about = `a module of one line in ${place}, under ${make === 'salt' ? 'a salt-master' : 'tsalt-master'}`;
  suite(about, { skip: make === 'salt' || minions.includes('salt') ? noSalt : false }, () => {
    let house: House;
    before(async () => {
      house = await houseOf(make, place);
      await house.startMaster();
      for (const minion of minions) house.addMinion(minion, `of-${minion}`);
      await house.answering(...minions.map((minion) => `of-${minion}`));
      if (place === 'git')
        await until(
          'the repository is fetched',
          async () => (await house.tool('run', ['fileserver.file_list'])).stdout.includes('mypkg'),
          60,
        );
    });
    after(() => house[Symbol.asyncDispose]());

    for (const minion of minions) {
      const id = `of-${minion}`;
      test(`a ${minion}-minion takes it over, and with it what else lies there`, async () => {
        assert.deepEqual(await house.results('-t', '60', id, 'saltutil.sync_modules'), { [id]: ['modules.mypkg'] });
        assert.deepEqual(await house.results('-t', '60', id, 'saltutil.sync_modules'), { [id]: [] });
        assert.deepEqual(await house.results(id, 'cp.get_file_str', 'salt://here.txt'), { [id]: 'a file of file_roots' });
      });

      test(`a ${minion}-minion installs a package by it, and says what changed`, { skip: noApt() }, async () => {
        await house.results('-t', '100', id, 'pkg.remove', 'tree');
        const told = await until('the module is there', async () => {
          const found = (await house.results('-t', '200', id, 'mypkg.myinstall', 'tree'))[id];
          return typeof found === 'string' && found.includes('not available') ? undefined : found;
        });
        const { tree, ...rest } = told as { tree: { old: string; new: string } };
        assert.deepEqual(rest, {});
        assert.equal(tree.old, '');
        assert.match(tree.new, /^\d+\./);
        assert.deepEqual(await house.results('-t', '100', id, 'mypkg.myinstall', 'tree'), { [id]: {} });
      });

      if (place === 'git')
        test(`a ${minion}-minion is given states of the repository, and of its branches`, async () => {
          const repository = new Repository(join(house.home, 'repository'));
          repository.git('checkout', '-q', '-B', `dev-${minion}`);
          repository.commit({ 'only.txt': `for ${minion}` });
          repository.git('checkout', '-q', 'master');
          await house.tool('run', ['fileserver.update']);
          const of = ['cp.get_file_str', 'salt://only.txt', `saltenv=dev-${minion}`];
          await until('the branch is served', async () => (await house.results(id, ...of))[id] === `for ${minion}`, 90);
          const [state] = Object.values(
            (await house.results('-t', '60', id, 'state.apply', 'motd'))[id] as Record<string, { result: boolean }>,
          );
          assert.equal(state?.result, true);
        });
    }
  });
}

for (const place of PLACES) {
  tells('tsalt', place, ['tsalt', 'salt']);
  tells('salt', place, ['tsalt']);
}
