// From a place in a firmware bundle back to the TypeScript it was made from. Places come as the interpreter prints
// them: with the file's name where it can tell, else counted from the start of the function's body, as on an ESP32,
// whose mapped flash addresses its file search does not know. An excerpt that does not stand at the place means that
// the board runs another bundle, and then nothing is claimed. Called by stack-places.ts.
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import type { AnyNode, Identifier, Program } from 'acorn';
import { parse } from 'acorn';
import { childrenOf } from '../firmware-build/es5-tree.ts';
import { ROOT } from '../firmware-build/paths.ts';

/** 1-based; `file` as seen from the repository's root. */
export interface Place {
  /** The function as its author named it; the bundle has a short form. Undefined for code outside of functions. */
  name: string | undefined;
  file: string;
  line: number;
  column: number;
}

export interface Frame {
  /** Undefined for code outside of functions and for functions without a name. */
  name: string | undefined;
  /** True when the position counts from the start of the stored file. */
  inFile: boolean;
  line: number;
  column: number;
  /** The source line, as far as it was printed; undefined where none was. */
  excerpt: string | undefined;
}

/** `name`: what the source has in the place of this word, where a pass of the build put a shorter one. */
type NamedMapping = SourceMapping & { name?: string };

interface Body {
  name: string | undefined;
  /** Offset in the bundle of that name. */
  nameAt: number | undefined;
  /** Offset in the bundle of what the interpreter keeps of the function. */
  start: number;
  end: number;
}

export class BundleMap {
  private readonly lineStarts: number[];
  private readonly map: SourceMap;
  private readonly bodies: Body[];

  /** `file` is where the bundle lies: the map's paths start there. Throws for a map that is none. */
  constructor(
    private readonly file: string,
    private readonly code: string,
    mapText: string,
  ) {
    this.map = new SourceMap(JSON.parse(mapText) as SourceMapPayload);
    this.bodies = bodiesOf(code);
    this.lineStarts = [0];
    for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) this.lineStarts.push(at + 1);
  }

  /** The bundle and the map beside it. Throws what reading them throws. */
  static read(file: string): BundleMap {
    return new BundleMap(file, readFileSync(file, 'utf8'), readFileSync(`${file}.map`, 'utf8'));
  }

  /** All places that the frame may mean: none, one, or several that look the same. */
  places(frame: Frame): Place[] {
    const offsets = frame.inFile ? [this.inFile(frame)] : this.inBodies(frame);
    const places = offsets.map((offset) => (offset === undefined ? undefined : this.original(offset)));
    return places.filter((place) => place !== undefined);
  }

  private inFile({ line, column, excerpt }: Frame): number | undefined {
    const start = this.lineStarts[line - 1];
    return start === undefined ? undefined : this.inLine(start, this.code.length, column, excerpt);
  }

  /**
   * A callback is called by another name than it was made with, so with its text at hand any body may be meant. Some
   * builds of the interpreter leave the text out; then the name has to be right.
   */
  private inBodies(frame: Frame): (number | undefined)[] {
    const found = this.bodies
      .map((body) => ({ name: body.name, offset: this.inBody(body, frame) }))
      .filter(({ offset }) => offset !== undefined);
    const byName = found.filter(({ name }) => name === frame.name);
    const isLoose = frame.excerpt !== undefined && byName.length === 0;
    return (isLoose ? found : byName).map(({ offset }) => offset);
  }

  private inBody(body: Body, { line, column, excerpt }: Frame): number | undefined {
    let start = body.start;
    for (let i = 1; i < line; i++) {
      const end = this.code.indexOf('\n', start);
      if (end < 0 || end >= body.end) return undefined;
      start = end + 1;
    }
    return this.inLine(start, body.end, column, excerpt);
  }

  /** The interpreter means the first character of a word: anything else in the text is another program. */
  private inLine(start: number, limit: number, column: number, excerpt: string | undefined): number | undefined {
    const line = this.lineFrom(start, limit);
    const [before = '', here = ''] = [line[column - 2], line[column - 1]];
    if (here.trim() === '' || (/\w/.test(before) && /\w/.test(here))) return undefined;
    return excerpt === undefined || fits(line, excerpt) ? start + column - 1 : undefined;
  }

  private lineFrom(start: number, limit: number): string {
    const end = this.code.indexOf('\n', start);
    return this.code.slice(start, end < 0 ? limit : Math.min(end, limit));
  }

  private original(offset: number): Place | undefined {
    const entry = this.entryAt(offset);
    if (entry === undefined) return undefined;
    const file = relative(ROOT, resolve(dirname(this.file), entry.originalSource)).replaceAll('\\', '/');
    return { name: this.nameAround(offset), file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }

  private entryAt(offset: number): NamedMapping | undefined {
    let line = this.lineStarts.findIndex((start) => start > offset) - 1;
    if (line < 0) line = this.lineStarts.length - 1;
    const entry = this.map.findEntry(line, offset - this.lineStarts[line]!);
    return 'originalSource' in entry && entry.generatedLine === line ? entry : undefined;
  }

  /** Of the innermost function; bodies are listed from the outside in. */
  private nameAround(offset: number): string | undefined {
    const body = this.bodies.findLast(({ start, end }) => start <= offset && offset < end);
    if (body?.nameAt === undefined) return body?.name;
    return this.entryAt(body.nameAt)?.name ?? body.name;
  }
}

/** The interpreter prints 60 characters of a line, and dots where it cut (jslPrintTokenLineMarker). */
function fits(line: string, excerpt: string): boolean {
  const wanted = excerpt.replace(/\.\.\.$/, '').trim();
  if (!wanted.startsWith('...')) return line.trimStart().startsWith(wanted);
  return line.includes(wanted.slice(3));
}

/** Every function of the bundle, and the bundle itself, whose top level runs from the stored file as well. */
function bodiesOf(code: string): Body[] {
  const bodies: Body[] = [{ name: undefined, nameAt: undefined, start: 0, end: code.length }];
  const visit = (node: AnyNode | Program, given: Identifier | undefined): void => {
    if (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') {
      const body = node.body as AnyNode;
      const id = node.id ?? given;
      bodies.push({ name: id?.name, nameAt: id?.start, start: keptFrom(code, body.start), end: body.end });
    }
    for (const child of childrenOf(node)) visit(child, nameGiven(node, child));
  };
  visit(parse(code, { ecmaVersion: 5 }), undefined);
  return bodies;
}

/** What the interpreter keeps begins at the first word of the body, or after its `return` (jsparse.c). */
function keptFrom(code: string, bodyStart: number): number {
  return bodyStart + /^\{\s*(?:return\b\s*)?/.exec(code.slice(bodyStart, bodyStart + 1000))![0].length;
}

/** The name under which a function is called: a variable's, a property's, a method's. */
function nameGiven(parent: AnyNode | Program, child: AnyNode): Identifier | undefined {
  switch (parent.type) {
    case 'VariableDeclarator':
      return parent.id.type === 'Identifier' ? parent.id : undefined;
    case 'Property':
      return parent.key.type === 'Identifier' ? parent.key : undefined;
    case 'AssignmentExpression': {
      const { left } = parent;
      const named = left.type === 'MemberExpression' ? left.property : left;
      return child === parent.right && named.type === 'Identifier' ? named : undefined;
    }
    default:
      return undefined;
  }
}
