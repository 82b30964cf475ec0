/**
 * Greets somebody.
 *
 * CLI Example: tsalt '*' greet.hello Ann times=2
 */
export const hello = (ctx, name, times = 1) => Array(times).fill(`hello ${name}, from ${ctx.id}`);
