import { execModule } from '../../define.ts';
import { archiveCalls } from './archive_calls.ts';
import { buildCalls } from './build_calls.ts';
import { compareCalls } from './compare_calls.ts';
import { copyCalls } from './copy_calls.ts';
import { createCalls } from './create_calls.ts';
import { execCalls } from './exec_calls.ts';
import { imageCalls } from './image_calls.ts';
import { lifeCalls } from './life_calls.ts';
import { lookCalls } from './look_calls.ts';
import { networkCalls } from './network_calls.ts';
import { networkCompareCalls } from './network_compare.ts';
import { registryCalls } from './registry.ts';
import { volumeCalls } from './volume_calls.ts';

export default execModule({
  name: 'docker',
  doc: 'Containers, images, networks and volumes of a Docker Engine, by its HTTP interface.',
  calls: {
    ...lookCalls,
    ...lifeCalls,
    ...createCalls,
    ...execCalls,
    ...copyCalls,
    ...imageCalls,
    ...archiveCalls,
    ...buildCalls,
    ...registryCalls,
    ...networkCalls,
    ...volumeCalls,
    ...compareCalls,
    ...networkCompareCalls,
  },
});
