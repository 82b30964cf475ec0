import { state, stateModule } from '../../define.ts';
import { ARGS } from './args.ts';
import { extracted } from './extracted.ts';

/** Archives that are unpacked. */
export default stateModule({
  name: 'archive',
  doc: 'Archives that are unpacked.',
  states: {
    extracted: state({
      doc: 'What an archive holds is there.',
      examples: [
        '/opt/app:\n  archive.extracted:\n    - source: https://example.com/app.tar.gz\n    - source_hash: https://example.com/app.tar.gz.sha256',
      ],
      args: ARGS,
      extra: '`keep_source`, and options of the functions that unpack',
      check: extracted,
    }),
  },
});
