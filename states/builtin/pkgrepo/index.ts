import { state, stateModule } from '../../define.ts';
import { ABSENT, absent } from './absent.ts';
import { MANAGED, managed } from './managed.ts';

/** Repositories that packages come from. */
export default stateModule({
  name: 'pkgrepo',
  doc: 'Repositories that packages come from.',
  states: {
    managed: state({
      doc: 'A repository that is configured.',
      examples: [
        'example:\n  pkgrepo.managed:\n    - name: deb [signed-by=/etc/apt/keyrings/example.gpg] https://example.org/debian stable main\n' +
          '    - file: /etc/apt/sources.list.d/example.list\n    - key_url: https://example.org/key.gpg\n    - aptkey: false',
      ],
      args: MANAGED,
      extra: 'what `pkg.mod_repo` takes: `file`, `clean_file`, `comps`, `architectures`, `key_url`, `keyid`, `baseurl`, `gpgcheck`, ...',
      check: managed,
    }),
    absent: state({
      doc: 'A repository that is not configured.',
      args: ABSENT,
      extra: '`keyid`: the key that goes with it, `keyid_ppa`: that of the PPA',
      check: absent,
    }),
  },
});
