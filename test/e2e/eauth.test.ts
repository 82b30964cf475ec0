import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { file } from '../../master/access/eauth/file.ts';
import { ldap } from '../../master/access/eauth/ldap.ts';
import { pam } from '../../master/access/eauth/pam.ts';
import { rest } from '../../master/access/eauth/rest.ts';
import { debianPackages } from '../support/debian.ts';
import { connects, freePorts } from '../support/ports.ts';
import { until } from '../support/process.ts';

const login = (username: string, password: string) => ({ eauth: '', username, password });
const dir = mkdtempSync(join(tmpdir(), 'tsalt-eauth-'));
after(() => rmSync(dir, { recursive: true, force: true }));

suite('password files', () => {
  const proves = async (section: Record<string, unknown>, username: string, password: string): Promise<boolean> =>
    (await file.prove(login(username, password), section)) !== undefined;
  const saved = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text);
    return path;
  };

  test('of text, with fields where the configuration says, plain and hashed', async () => {
    const old = saved('old', '46|trey|16a0034f90b06bf3c5982ed8ac41aab4\n555|mike|b6e02a4d2cb2a6ef0669e79be6fd02e4\n');
    const fields = { '^filename': old, '^username_field': 2, '^password_field': 3, '^field_separator': '|' };
    assert.equal(await proves({ ...fields, '^hashtype': 'md5' }, 'mike', 'wrong'), false);
    assert.equal(await proves(fields, 'mike', 'b6e02a4d2cb2a6ef0669e79be6fd02e4'), true);
    const sha = saved('sha', 'ann:fd62862b6dc213bee77c2badd6311528253c6cb3107e03c16051aa15584eca1c\n');
    assert.equal(await proves({ '^filename': sha, '^hashtype': 'sha256' }, 'ann', 'horse'), true);
    assert.equal(await proves({ '^filename': sha, '^hashtype': 'sha256' }, 'ann', 'Horse'), false);
    await assert.rejects(proves({ '^filename': sha, '^hashtype': 'rot13' }, 'ann', 'horse'), /rot13 is not known/);
    await assert.rejects(proves({}, 'ann', 'horse'), /\^filename is not set/);
    await assert.rejects(proves({ '^filename': sha, '^filetype': 'constructor' }, 'ann', 'horse'), /constructor is not known/);
  });

  test('of Apache: bcrypt, MD5, SHA1 and SHA512 as htpasswd writes them, and htdigest', {
    skip: debianPackages('apache2-utils'),
  }, async () => {
    for (const form of ['-B', '-m', '-s', '-5']) {
      const path = saved(`ht${form}`, '');
      for (const [user, password] of [
        ['ann', 'correct horse battery staple'],
        ['bo', 'x'],
        ['eve', 'pässwörd 16 bytes'],
      ] as const) {
        execFileSync('htpasswd', ['-i', form, path, user], { input: password, stdio: ['pipe', 'ignore', 'ignore'] });
        assert.equal(await proves({ '^filename': path, '^filetype': 'htpasswd' }, user, password), true, `${form} ${user}`);
        assert.equal(await proves({ '^filename': path, '^filetype': 'htpasswd' }, user, `${password}x`), false, `${form} ${user}`);
      }
    }
    const { stdout } = spawnSync('md5sum', { input: 'ann:the realm:horse', encoding: 'utf8' });
    const digest = {
      '^filename': saved('digest', `ann:the realm:${stdout.slice(0, 32)}\n`),
      '^filetype': 'htdigest',
      '^realm': 'the realm',
    };
    assert.equal(await proves(digest, 'ann', 'horse'), true);
    assert.equal(await proves(digest, 'ann', 'cow'), false);
    assert.equal(await proves({ ...digest, '^realm': 'other' }, 'ann', 'horse'), false);
  });
});

test('rest: the service says who is right and what he may do, and nothing odd of it is believed', async () => {
  const seen: string[] = [];
  const server = createServer((request, reply) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      seen.push(`${request.method} ${body}`);
      const { username = '', password } = Object.fromEntries(new URLSearchParams(body));
      if (password !== 'wonder') return void reply.writeHead(401).end();
      const answers: Record<string, string> = {
        fred: '["test.*", {"web*": ["cmd.run"]}]',
        none: 'null',
        map: '{"a": 1}',
        huge: 'x'.repeat(2_000_000),
      };
      if (username === 'away') return void reply.writeHead(302, { location: '/other' }).end();
      reply.writeHead(200).end(answers[username] ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const section = { '^url': `http://127.0.0.1:${(server.address() as AddressInfo).port}/auth`, fred: ['@jobs'] };
    assert.deepEqual(await rest.prove(login('fred', 'wonder'), section), {});
    assert.deepEqual(await rest.acl?.(login('fred', 'wonder'), section), ['@jobs', 'test.*', { 'web*': ['cmd.run'] }]);
    assert.equal(await rest.prove(login('fred', 'x'), section), undefined);
    assert.equal(await rest.acl?.(login('none', 'wonder'), section), undefined);
    await assert.rejects(rest.prove(login('map', 'wonder'), section), /no list of permissions/);
    await assert.rejects(rest.prove(login('huge', 'wonder'), section), /more than 1048576 bytes/);
    await assert.rejects(rest.prove(login('away', 'wonder'), section));
    assert.equal(seen[0], 'POST username=fred&password=wonder');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

const noPam =
  process.getuid?.() !== 0
    ? 'only root may make an account'
    : spawnSync('python3', ['--version']).status !== 0
      ? 'there is no python3'
      : false;
test('pam: accounts of the system with their groups, never root', { skip: noPam }, async () => {
  const name = `tsalt${process.pid}`;
  execFileSync('useradd', ['-M', name]);
  try {
    execFileSync('groupadd', [`${name}g`]);
    execFileSync('usermod', ['-aG', `${name}g`, name]);
    execFileSync('chpasswd', { input: `${name}:Wonder-23-land\n` });
    const backend = pam(() => undefined);
    assert.deepEqual([...((await backend.prove(login(name, 'Wonder-23-land'), {}))?.groups ?? [])].sort(), [name, `${name}g`]);
    assert.equal(await backend.prove(login(name, 'wrong'), {}), undefined);
    assert.equal(await backend.prove(login(`${name}x`, 'Wonder-23-land'), {}), undefined);
    for (const odd of ['root', `${name}\0`, `${name}\nroot`, ''])
      assert.equal(await backend.prove(login(odd, 'Wonder-23-land'), {}), undefined, odd);
    await assert.rejects(pam((key) => (key === 'auth.pam.python' ? '/no/python' : undefined)).prove(login(name, 'x'), {}), /PAM needs/);
  } finally {
    spawnSync('userdel', [name]);
    spawnSync('groupdel', [`${name}g`]);
  }
});

const LDIF = `dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=reader,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: read

dn: ou=People,dc=example,dc=org
objectClass: organizationalUnit
ou: People

dn: uid=alice,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
uid: alice
cn: Alice
sn: L
userPassword: wonder

dn: uid=bob,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: B
userPassword: builder

dn: ou=Groups,dc=example,dc=org
objectClass: organizationalUnit
ou: Groups

dn: cn=ops,ou=Groups,dc=example,dc=org
objectClass: posixGroup
cn: ops
gidNumber: 1
memberUid: alice

dn: cn=all,ou=Groups,dc=example,dc=org
objectClass: posixGroup
cn: all
gidNumber: 2
memberUid: alice
memberUid: bob

dn: ou=Servers,dc=example,dc=org
objectClass: organizationalUnit
ou: Servers

dn: cn=WEB1.example.org,ou=Servers,dc=example,dc=org
objectClass: computer
cn: WEB1.example.org

dn: cn=web2.example.org,ou=Servers,dc=example,dc=org
objectClass: computer
cn: web2.example.org

dn: cn=* or db1,ou=Servers,dc=example,dc=org
objectClass: computer
cn: * or db1
`;

suite('ldap, with a real directory', { skip: debianPackages('slapd') }, () => {
  let server: ReturnType<typeof spawn>;
  let port = 0;
  before(async () => {
    const data = join(dir, 'ldap');
    mkdirSync(data);
    const config = join(dir, 'slapd.conf');
    const schemas = ['core', 'cosine', 'nis', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`);
    const computer = "objectclass ( 1.1.2.2.1 NAME 'computer' SUP top STRUCTURAL MUST cn )";
    const database = ['database mdb', 'suffix "dc=example,dc=org"', `directory ${data}`];
    writeFileSync(config, `${['modulepath /usr/lib/ldap', 'moduleload back_mdb', ...schemas, computer, ...database].join('\n')}\n`);
    execFileSync('/usr/sbin/slapadd', ['-f', config], { input: LDIF });
    [port = 0] = await freePorts(1);
    server = spawn('/usr/sbin/slapd', ['-d', '0', '-f', config, '-h', `ldap://127.0.0.1:${port}`], { stdio: 'ignore' });
    await until('slapd answers', async () => await connects({ host: '127.0.0.1', port }));
  });
  after(() => server.kill());

  const backend = (more: Record<string, unknown>) => {
    const all: Record<string, unknown> = { server: '127.0.0.1', port, basedn: 'dc=example,dc=org', ...more };
    return ldap((name) => all[name.replace('auth.ldap.', '')]);
  };
  const direct = { binddn: 'uid={{ username }},ou=People,dc=example,dc=org' };
  const searching = { binddn: 'cn=reader,dc=example,dc=org', bindpw: 'read', filter: 'uid={{ username }}' };

  test('a bind proves the user, by a name that is made or found; his groups are known', async () => {
    for (const settings of [direct, searching]) {
      const one = backend(settings);
      assert.deepEqual([...((await one.prove(login('alice', 'wonder'), {}))?.groups ?? [])].sort(), ['all', 'ops']);
      assert.deepEqual(await one.prove(login('bob', 'builder'), {}), { groups: ['all'] });
      assert.equal(await one.prove(login('alice', 'builder'), {}), undefined);
      assert.equal(await one.prove(login('carol', 'wonder'), {}), undefined);
    }
  });

  test('an empty password is no anonymous bind, and a name is no filter and no other name', async () => {
    for (const settings of [direct, searching]) {
      const one = backend(settings);
      assert.equal(await one.prove(login('alice', ''), {}), undefined);
      for (const name of ['*', 'al*', 'bob)(uid=alice', 'alice,ou=People', 'alice)(|(uid=*', '\\2a', 'cn=reader'])
        assert.equal(await one.prove(login(name, 'wonder'), {}), undefined, name);
    }
  });

  test('entries for an organisational unit mean the machines in it, whose names are no targets', async () => {
    const one = backend({ ...searching, minion_stripdomains: ['.example.org'] });
    const permissions = ['@jobs', { 'ldap(ou=Servers,dc=example,dc=org)': ['test.*'] }, { 'db*': ['x'] }];
    assert.deepEqual(await one.expand?.(permissions), ['@jobs', { 'L@web1,web2': ['test.*'] }, { 'db*': ['x'] }]);
    assert.deepEqual(permissions[1], { 'ldap(ou=Servers,dc=example,dc=org)': ['test.*'] }, 'the configuration stays as it is');
  });
});
