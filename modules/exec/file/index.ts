import { execModule } from '../../define.ts';
import { attributes } from './attributes.ts';
import { backups } from './backups.ts';
import { blocks } from './block.ts';
import { checking } from './checking.ts';
import { comparing } from './compare.ts';
import { contents } from './contents.ts';
import { devices } from './devices.ts';
import { finding } from './find.ts';
import { flags } from './flags.ts';
import { lining } from './line.ts';
import { links } from './links.ts';
import { looks } from './looks.ts';
import { managing } from './manage.ts';
import { names } from './names.ts';
import { opened } from './openfiles.ts';
import { patching } from './patch.ts';
import { permissions } from './permissions.ts';
import { replacing } from './replace.ts';
import { selinux } from './selinux.ts';
import { sourcing } from './sources.ts';
import { streams } from './stream.ts';
import { sums } from './sums.ts';
import { tree } from './tree.ts';

export default execModule({
  name: 'file',
  doc: 'Files, directories and links: what they hold, who owns them, and edits of them.',
  calls: {
    ...attributes,
    ...contents,
    ...looks,
    ...tree,
    ...links,
    ...names,
    ...finding,
    ...replacing,
    ...lining,
    ...blocks,
    ...streams,
    ...backups,
    ...devices,
    ...flags,
    ...opened,
    ...patching,
    ...permissions,
    ...selinux,
    ...checking,
    ...comparing,
    ...managing,
    ...sourcing,
    ...sums,
  },
});
