import { inStore, type SqliteFile } from '../state/sqlite-file.ts';

/** A user of the master's own. */
export interface User {
  readonly name: string;
  readonly roles: readonly string[];
  /** Groups of minions that limit all his roles; none: no limit. */
  readonly groups: readonly string[];
  /** Seconds since 1970: when he was last changed. */
  readonly changed: number;
}

interface Row {
  readonly name: string;
  readonly password: string;
  readonly roles: string;
  readonly groups: string;
  readonly changed: number;
}

export class Users {
  readonly #path: string;
  readonly #sql: ReturnType<typeof statements>;

  constructor(path: string, db: SqliteFile) {
    this.#path = path;
    this.#sql = statements(db);
  }

  list(): User[] {
    return inStore(this.#path, () => this.#sql.all.all()).map(userOf);
  }

  find(name: string): User | undefined {
    const row = inStore(this.#path, () => this.#sql.find.get(name));
    return row === undefined ? undefined : userOf(row);
  }

  /** The hash of his password. */
  password(name: string): string | undefined {
    return inStore(this.#path, () => this.#sql.find.get(name))?.password;
  }

  save(user: User, password: string): void {
    inStore(this.#path, () =>
      this.#sql.save.run(user.name, password, JSON.stringify(user.roles), JSON.stringify(user.groups), user.changed),
    );
  }

  delete(name: string): void {
    inStore(this.#path, () => this.#sql.delete.run(name));
  }
}

const userOf = ({ name, roles, groups, changed }: Row): User => ({
  name,
  roles: JSON.parse(roles) as string[],
  groups: JSON.parse(groups) as string[],
  changed,
});

function statements(db: SqliteFile) {
  return {
    all: db.prepare<[], Row>('SELECT name, password, roles, groups, changed FROM users ORDER BY name'),
    find: db.prepare<[string], Row>('SELECT name, password, roles, groups, changed FROM users WHERE name = ?'),
    save: db.prepare<[string, string, string, string, number]>(
      'INSERT OR REPLACE INTO users (name, password, roles, groups, changed) VALUES (?, ?, ?, ?, ?)',
    ),
    delete: db.prepare<[string]>('DELETE FROM users WHERE name = ?'),
  };
}
