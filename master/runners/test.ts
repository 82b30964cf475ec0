import { call, execModule } from '../../modules/define.ts';

/** Runners to try runners with (Salt's runner `test`). */
export const testRunner = execModule({
  name: 'test',
  doc: 'Functions to try runners with.',
  calls: {
    arg: call({
      doc: 'Return the arguments it was given.',
      examples: ['tsalt-run test.arg 1 two a=b'],
      args: {},
      rest: 'anything',
      extra: 'anything',
      changes: false,
      run: ({ rest, extra }) => ({
        args: rest,
        kwargs: Object.fromEntries(Object.entries(extra).filter(([key]) => !key.startsWith('__pub_'))),
      }),
    }),
    sleep: call({
      doc: 'Wait, then return true.',
      examples: ['tsalt-run test.sleep 5'],
      args: { s_time: { type: 'number', doc: 'seconds', default: 10 } },
      changes: false,
      run: async ({ signal }, { s_time }) => {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, s_time * 1000);
          const end = (): void => {
            clearTimeout(timer);
            resolve();
          };
          if (signal.aborted) end();
          else signal.addEventListener('abort', end, { once: true });
        });
        return true;
      },
    }),
  },
});
