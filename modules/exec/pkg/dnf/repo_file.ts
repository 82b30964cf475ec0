export interface RepoSection {
  readonly fields: Map<string, string>;
  comments: string[];
}
export interface RepoFile {
  /** Comments before the first section, as they stand. */
  readonly header: string[];
  readonly sections: Map<string, RepoSection>;
}

/** A .repo file: sections of `name=value`, a value going on in lines that begin with white space. */
export const parseRepos = (text: string): RepoFile => {
  const file: RepoFile = { header: [], sections: new Map() };
  let section: RepoSection | undefined;
  let field = '';
  for (const line of text.split('\n')) {
    const [, name] = /^\[(.+)\]\s*$/.exec(line) ?? [];
    const [, key, value = ''] = /^([^\s#;][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) {
      section = file.sections.get(name) ?? { fields: new Map(), comments: [] };
      file.sections.set(name, section);
    } else if (/^\s*#/.test(line)) {
      if (section === undefined) file.header.push(line.trim());
      else section.comments.push(line.trim().slice(1).trimStart());
    } else if (/^\s+\S/.test(line) && section?.fields.has(field)) {
      section.fields.set(field, `${section.fields.get(field)}\n${line.trim()}`.trim());
    } else if (key !== undefined && section !== undefined) {
      field = key.toLowerCase();
      section.fields.set(field, value);
    }
  }
  return file;
};

export const writeRepos = ({ header, sections }: RepoFile): string => {
  const written = [...sections].map(([name, { fields, comments }]) =>
    [
      `[${name}]`,
      // What goes on must not begin a line.
      ...[...fields].map(([key, value]) => `${key}=${value.replaceAll('\n', '\n ')}`),
      ...comments.map((comment) => `# ${comment.replace(/^#+\s*/, '')}`),
      '',
    ].join('\n'),
  );
  return [...header, ...written].join('\n') + (written.length > 0 ? '\n' : '');
};
