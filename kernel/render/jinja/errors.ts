/** Where in a chain of templates something went wrong; the innermost is set first. */
export interface Spot {
  readonly template: string | undefined;
  readonly line: number;
}

/** What the engine throws on its own account. The spot is filled in on the way up. */
export class JinjaError extends Error {
  readonly kind: 'syntax' | 'undefined' | 'error';
  spot: Spot | undefined;
  constructor(kind: JinjaError['kind'], message: string, spot?: Spot) {
    super(message);
    this.name = kind === 'syntax' ? 'TemplateSyntaxError' : kind === 'undefined' ? 'UndefinedError' : 'TemplateRuntimeError';
    this.kind = kind;
    this.spot = spot;
  }
}
export const syntaxError = (message: string, line: number, template?: string): JinjaError =>
  new JinjaError('syntax', message, { line, template });
