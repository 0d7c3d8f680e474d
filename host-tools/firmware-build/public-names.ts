// Which property names of the firmware somebody outside of it reads or writes: the interpreter's own, and those of
// objects that become text or come from it. A property is public as soon as one value that has it meets a type which
// forgets it (`any`, `object`), in either direction. All others are the firmware's own business, and shorten-names.ts
// may give them another name. Knows TypeScript only; called by compile.ts.
import ts from 'typescript';

/** Property names that have to stay as they are, in everything that the program contains. */
export function publicNames(program: ts.Program): Set<string> {
  const names = new Set<string>();
  for (const file of program.getSourceFiles()) {
    if (file.isDeclarationFile) declaredNames(file, names);
    else new Border(program.getTypeChecker(), names).visit(file);
  }
  return names;
}

/** What firmware/types says of the interpreter and of a board. */
function declaredNames(node: ts.Node, names: Set<string>): void {
  const isMember =
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node);
  const isGlobal = ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node);
  if ((isMember || isGlobal) && node.name !== undefined && !ts.isComputedPropertyName(node.name))
    names.add(node.name.getText());
  node.forEachChild((child) => declaredNames(child, names));
}

const FORGETS = ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive;

class Border {
  private readonly seen = new Set<ts.Type>();

  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly names: Set<string>,
  ) {}

  visit(node: ts.Node): void {
    if (ts.isPropertyAccessExpression(node) && this.forgets(this.checker.getTypeAtLocation(node.expression))) {
      this.names.add(node.name.text);
    }
    if (ts.isStringLiteralLike(node)) this.names.add(node.text);
    if (ts.isExpression(node)) this.meet(this.checker.getTypeAtLocation(node), this.expected(node));
    node.forEachChild((child) => this.visit(child));
  }

  /** The type of the place that an expression's value goes to. */
  private expected(node: ts.Expression): ts.Type | undefined {
    const { parent } = node;
    if (ts.isAsExpression(parent) && parent.expression === node) return this.checker.getTypeAtLocation(parent);
    return this.checker.getContextualType(node);
  }

  private meet(given: ts.Type, expected: ts.Type | undefined): void {
    if (expected === undefined) return;
    if (this.forgets(expected)) this.publish(given);
    else if (this.forgets(given)) this.publish(expected);
  }

  private forgets(type: ts.Type): boolean {
    return (type.flags & FORGETS) !== 0;
  }

  /** All that can be reached from a value of this type. Library types are known by declaredNames. */
  private publish(type: ts.Type): void {
    if (this.seen.has(type) || this.forgets(type)) return;
    this.seen.add(type);
    if (type.isUnionOrIntersection()) for (const part of type.types) this.publish(part);
    if ((type.flags & ts.TypeFlags.Object) === 0) return;
    for (const property of type.getProperties()) {
      this.names.add(property.name);
      const at = property.valueDeclaration;
      if (at !== undefined && !at.getSourceFile().isDeclarationFile)
        this.publish(this.checker.getTypeOfSymbolAtLocation(property, at));
    }
  }
}
