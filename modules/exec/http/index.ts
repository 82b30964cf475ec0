import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../protocol/errors.ts';
import { CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { QUERY } from './arguments.ts';
import { bundlePath, mergeInto } from './ca.ts';
import { query } from './query.ts';

const URL_ = { url: { type: 'string', required: true, doc: 'the URL' } } as const;
const SOURCE = 'http://curl.haxx.se/ca/cacert.pem';

/** Whatever goes wrong is told by its message alone. */
const asked = async (...given: Parameters<typeof query>): ReturnType<typeof query> =>
  query(...given).catch((error: unknown) => {
    throw new CommandFailed(messageOf(error));
  });

export default execModule({
  name: 'http',
  doc: 'Requests over HTTP.',
  calls: {
    query: call({
      doc: 'Make a request, and return the body and what else is asked for.',
      examples: [
        "tsalt '*' http.query http://example.org/ status=True",
        `tsalt '*' http.query http://example.org/ method=POST params='{"key1": "val1", "key2": "val2"}'`,
        "tsalt '*' http.query http://example.org/data.json decode=True",
      ],
      args: { ...URL_, ...QUERY },
      extra: 'more of them are not used',
      changes: true,
      run: (ctx, { url, ...given }): Promise<Returnable> => asked(ctx, url, given),
    }),
    wait_for_successful_query: call({
      doc: 'Make a request again and again until it succeeds, and return what it brings.',
      examples: ["tsalt '*' http.wait_for_successful_query http://example.org/ wait_for=160 request_interval=1"],
      args: {
        ...URL_,
        wait_for: { type: 'number', default: 300, doc: 'seconds after which the last failure is returned' },
        ...QUERY,
        request_interval: { type: 'number', default: 0, only: 'extra', doc: 'seconds between requests' },
      },
      extra: 'as http.query has them',
      changes: true,
      async run(ctx, { url, wait_for, request_interval, ...given }): Promise<Returnable> {
        const end = Date.now() + wait_for * 1000;
        for (;;) {
          const [result, error] = await asked(ctx, url, given).then(
            (value) => [value, undefined] as const,
            (thrown: unknown) => [undefined, thrown] as const,
          );
          if (result !== undefined && !result['Error'] && !result['error']) return result;
          if (Date.now() > end) {
            if (result === undefined) throw error;
            return result;
          }
          // A server that refuses at once is not to be flooded.
          await sleep(Math.max(request_interval * 1000, 50), undefined, { signal: ctx.signal });
        }
      },
    }),
    update_ca_bundle: call({
      doc: 'Fetch a file of trusted certificates.',
      examples: [
        "tsalt '*' http.update_ca_bundle source=https://example.org/cacerts.pem",
        "tsalt '*' http.update_ca_bundle target=/path/to/cacerts.pem merge_files=/path/to/mycert.pem",
      ],
      args: {
        target: { type: 'string', doc: 'where to; the option `ca_bundle`, or the file in use, by default' },
        source: { type: 'string', doc: `where from; the option \`ca_bundle_url\` or ${SOURCE} by default` },
        merge_files: { type: 'any', doc: 'files whose certificates are added' },
      },
      changes: true,
      async run(ctx, args): Promise<Returnable> {
        const option = async (name: string): Promise<string | undefined> =>
          String((await ctx.call('config.get', [name])) || '') || undefined;
        const target = args.target ?? (await option('ca_bundle')) ?? (await bundlePath(ctx));
        if (target === undefined) {
          ctx.log.error('there is no file of trusted certificates yet: say where to with target');
          return null;
        }
        await fetchInto(ctx, args.source ?? (await option('ca_bundle_url')) ?? SOURCE, target);
        if (args.merge_files != null) await mergeInto(ctx, target, args.merge_files);
        return null;
      },
    }),
  },
});

const fetchInto = async (ctx: Ctx, source: string, target: string): Promise<void> => {
  const { error } = (await ctx.call('http.query', [source], { text_out: target })) as { error?: string };
  if (error !== undefined) ctx.log.error(`${source} could not be fetched: ${error}`);
};
