/**
 * Derives JSON Schemas (2020-12) of the results of actions from the TypeScript types of their `run` functions, so that
 * no schema is written twice. Fields that JSON cannot contain (functions, undefined) are left out.
 */
import ts from 'typescript';
import type { OutputSchemas, Schema } from '../control/api/output-schemas.ts';

const REFERENCE = '#/components/schemas/';

/**
 * Returns the output schemas of all actions. `files` are the sources that define actions by `defineAction({ name, run
 * })`.
 */
export function deriveOutputSchemas(files: readonly string[], options: ts.CompilerOptions): OutputSchemas {
  const program = ts.createProgram(files, options);
  const sources = program.getSourceFiles().filter(({ fileName }) => !fileName.includes('/node_modules/'));
  const checker = program.getTypeChecker();
  const reader = new SchemaReader(checker, namedTypes(sources, checker));
  const outputs: Record<string, Schema> = {};
  const visit = (node: ts.Node): void => {
    const action = actionOf(node);
    if (action !== undefined) outputs[nameOf(action.name, checker)] = reader.returned(action.run);
    ts.forEachChild(node, visit);
  };
  sources.filter(({ fileName }) => files.includes(fileName)).forEach(visit);
  return { outputs: sorted(outputs), components: sorted(reader.components) };
}

/**
 * Returns the names under which types are exported. A computed type (`Static<…>`) does not contain this name itself.
 */
function namedTypes(sources: readonly ts.SourceFile[], checker: ts.TypeChecker): Map<ts.Type, string> {
  const names = new Map<ts.Type, string>();
  for (const source of sources)
    for (const statement of source.statements)
      if (ts.isTypeAliasDeclaration(statement) && statement.typeParameters === undefined)
        names.set(checker.getTypeAtLocation(statement.name), statement.name.text);
  return names;
}

interface FoundAction {
  readonly name: ts.PropertyAssignment;
  readonly run: ts.ObjectLiteralElementLike;
}

function actionOf(node: ts.Node): FoundAction | undefined {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== 'defineAction') return undefined;
  const [about] = node.arguments;
  if (about === undefined || !ts.isObjectLiteralExpression(about)) throw problem(node, 'an action is one object literal');
  const field = (name: string) => about.properties.find((property) => property.name?.getText() === name);
  const [name, run] = [field('name'), field('run')];
  if (run === undefined || name === undefined || !ts.isPropertyAssignment(name)) throw problem(node, 'an action has a name and a run');
  return { name, run };
}

/** Returns the name of an action, which must be written as a string or as a constant. */
function nameOf({ initializer }: ts.PropertyAssignment, checker: ts.TypeChecker): string {
  const type = checker.getTypeAtLocation(initializer);
  if (!type.isStringLiteral()) throw problem(initializer, 'the name of an action is a text');
  return type.value;
}

function problem(node: ts.Node, what: string): Error {
  const source = node.getSourceFile();
  return new Error(`${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${what}`);
}

class SchemaReader {
  readonly components: Record<string, Schema> = {};
  readonly #checker: ts.TypeChecker;
  /** Names under which types are exported. */
  readonly #exported: ReadonlyMap<ts.Type, string>;
  /** Names given so far. If two types have the same name, the second gets a number. */
  readonly #given = new Map<ts.Type, string>();

  constructor(checker: ts.TypeChecker, exported: ReadonlyMap<ts.Type, string>) {
    this.#checker = checker;
    this.#exported = exported;
  }

  returned(run: ts.ObjectLiteralElementLike): Schema {
    const [signature] = this.#checker.getTypeAtLocation(run).getCallSignatures();
    if (signature === undefined) throw problem(run, 'run is a function');
    const returned = signature.getReturnType();
    return this.#schemaOf(this.#checker.getAwaitedType(returned) ?? returned);
  }

  #schemaOf(type: ts.Type): Schema {
    const name = this.#componentOf(type);
    if (name === undefined) return this.#inline(type);
    if (!(name in this.components)) {
      // Register the name before reading the fields: the type may contain itself.
      this.components[name] = {};
      this.components[name] = this.#inline(type);
    }
    return { $ref: `${REFERENCE}${name}` };
  }

  /**
   * Returns the component name of a type; undefined if the type is written out in place. Interfaces and exported
   * aliases are components; generic types are not.
   */
  #componentOf(type: ts.Type): string | undefined {
    const given = this.#given.get(type);
    if (given !== undefined) return given;
    if ((type.flags & ts.TypeFlags.Object) === 0 && !type.isUnionOrIntersection()) return undefined;
    if (this.#checker.isArrayLikeType(type) || isGeneric(type)) return undefined;
    const wanted = this.#exported.get(type) ?? type.aliasSymbol?.name ?? (type.isClassOrInterface() ? type.symbol.name : undefined);
    if (wanted === undefined || (this.#exported.get(type) === undefined && (type.aliasTypeArguments?.length ?? 0) > 0)) return undefined;
    const taken = new Set(this.#given.values());
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}${number}`;
    this.#given.set(type, name);
    return name;
  }

  #inline(type: ts.Type): Schema {
    const { flags } = type;
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (flags & ts.TypeFlags.BooleanLiteral) return { const: this.#checker.typeToString(type) === 'true' };
    if (flags & (ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral)) return { type: 'string' };
    if (flags & ts.TypeFlags.Number) return { type: 'number' };
    if (flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
    if (flags & ts.TypeFlags.Null) return { type: 'null' };
    if (type.isUnion()) return this.#union(type.types);
    if (this.#checker.isTupleType(type)) return this.#tuple(type as ts.TypeReference);
    if (this.#checker.isArrayType(type))
      return { type: 'array', items: this.#schemaOf(this.#checker.getTypeArguments(type as ts.TypeReference)[0]!) };
    return this.#object(type);
  }

  #union(types: readonly ts.Type[]): Schema {
    const members = types.filter(({ flags }) => !(flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)));
    const literals = members.filter((member): member is ts.LiteralType => member.isStringLiteral() || member.isNumberLiteral());
    const booleans = members.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral);
    const others = members.filter((member) => !literals.includes(member as ts.LiteralType) && !booleans.includes(member));
    const choices: Schema[] = [
      ...(literals.length === 0 ? [] : [{ enum: literals.map(({ value }) => value) }]),
      ...(booleans.length === 2 ? [{ type: 'boolean' }] : booleans.map((member) => this.#inline(member))),
      ...others.map((member) => this.#schemaOf(member)),
    ];
    return choices.length === 1 ? choices[0]! : { anyOf: choices };
  }

  #tuple(type: ts.TypeReference): Schema {
    const items = this.#checker.getTypeArguments(type).map((item) => this.#schemaOf(item));
    return { type: 'array', prefixItems: items, minItems: items.length, maxItems: items.length };
  }

  #object(type: ts.Type): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of this.#checker.getPropertiesOfType(type)) {
      const value = this.#checker.getTypeOfSymbol(property);
      if (value.getCallSignatures().length > 0 || value.flags & (ts.TypeFlags.Never | ts.TypeFlags.Undefined)) continue;
      const mayBeAbsent = (property.flags & ts.SymbolFlags.Optional) !== 0 || mayBeUndefined(value);
      if (!mayBeAbsent) required.push(property.name);
      properties[property.name] = { ...this.#schemaOf(this.#withoutUndefined(value)), ...this.#described(property) };
    }
    const rest = this.#checker.getIndexInfoOfType(type, ts.IndexKind.String);
    return {
      type: 'object',
      ...(Object.keys(properties).length === 0 ? {} : { properties: sorted(properties) }),
      ...(required.length === 0 ? {} : { required: required.sort() }),
      additionalProperties: rest === undefined ? false : this.#schemaOf(rest.type),
    };
  }

  #described(property: ts.Symbol): Schema {
    const description = ts.displayPartsToString(property.getDocumentationComment(this.#checker)).replaceAll(/\s*\n\s*/g, ' ');
    return description === '' ? {} : { description };
  }

  #withoutUndefined(type: ts.Type): ts.Type {
    return mayBeUndefined(type) ? this.#checker.getNonNullableType(type) : type;
  }
}

function mayBeUndefined(type: ts.Type): boolean {
  return type.isUnion() && type.types.some(({ flags }) => flags & ts.TypeFlags.Undefined);
}

function isGeneric(type: ts.Type): boolean {
  return ((type as ts.TypeReference).typeArguments?.length ?? 0) > 0;
}

function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
