import { type AnyCall, CommandFailed, type ExecModule } from '../../modules/define.ts';
import { TsaltError } from '../../protocol/errors.ts';

/**
 * The same module, where what was refused on purpose (a target that cannot be understood, a full disk) is told in its
 * sentence, not as an exception with a stack.
 */
export const inSentences = (module: ExecModule): ExecModule => ({
  ...module,
  calls: Object.fromEntries(Object.entries(module.calls).map(([name, one]) => [name, { ...one, run: spoken(one) }])),
});

const spoken =
  (one: AnyCall): AnyCall['run'] =>
  async (ctx, args) => {
    try {
      return await one.run(ctx, args);
    } catch (error) {
      throw error instanceof TsaltError ? new CommandFailed(error.message) : error;
    }
  };
