import { type Ctx, call, execModule } from '../define.ts';

const logging = (name: string, say: (ctx: Ctx, text: string) => void) =>
  call({
    doc: `Write a message to the log, as ${name}.`,
    examples: [`tsalt '*' log.${name} "A message"`],
    args: { message: { type: 'any', required: true, doc: 'the message' } },
    changes: false,
    run(ctx, { message }) {
      say(ctx, typeof message === 'string' ? message : JSON.stringify(message));
      return true;
    },
  });

export default execModule({
  name: 'log',
  doc: 'Messages to the log, from templates and states.',
  calls: {
    debug: logging('debug', ({ log }, text) => log.debug(text)),
    info: logging('info', ({ log }, text) => log.info(text)),
    warning: logging('warning', ({ log }, text) => log.warn(text)),
    error: logging('error', ({ log }, text) => log.error(text)),
    critical: logging('critical', ({ log }, text) => log.error(text)),
    exception: logging('exception', ({ log }, text) => log.error(text)),
  },
});
