import { execModule } from '../../define.ts';
import { attributes } from './attributes.ts';
import { blocks } from './block.ts';
import { contents } from './contents.ts';
import { finding } from './find.ts';
import { lining } from './line.ts';
import { links } from './links.ts';
import { looks } from './looks.ts';
import { names } from './names.ts';
import { replacing } from './replace.ts';
import { streams } from './stream.ts';
import { tree } from './tree.ts';

export default execModule({
  name: 'file',
  doc: 'Files, directories and links: what they hold, who owns them, and edits of them.',
  calls: { ...attributes, ...contents, ...looks, ...tree, ...links, ...names, ...finding, ...replacing, ...lining, ...blocks, ...streams },
});
