/**
 * Finds variables that are not declared where a stylesheet uses them, and unknown functions, while its
 * elements are read. What is declared for the whole stylesheet may come after its use.
 */
import type { SaxesTagNS } from 'saxes';
import { expandName, isKnownFunction, namesIn, type UsedName } from './xpath-names.ts';

const XSL = 'http://www.w3.org/1999/XSL/Transform';
export const EXSLT_FUNCTIONS = 'http://exslt.org/functions';

type Resolve = (prefix: string) => string | undefined;

interface OpenElement {
  /** The variable that is visible behind the end of the element. */
  readonly declares: string | undefined;
  /** The variables of its children so far. */
  readonly declared: string[];
}

interface Use<Place> extends UsedName {
  readonly place: Place;
}

/** `Place`: what the caller must know to report a name. */
export class StylesheetNames<Place> {
  readonly #open: OpenElement[] = [];
  /** How many declarations of each variable are visible here, without those of the whole stylesheet. */
  readonly #visible = new Map<string, number>();
  readonly #global: Set<string>;
  readonly #functions = new Set<string>();
  /** Uses that nothing read so far explains. */
  readonly #unexplained: Use<Place>[] = [];

  /** `parameters`: names of variables that have a value from outside. */
  constructor(parameters: readonly string[]) {
    this.#global = new Set(parameters.map((name) => `{}${name}`));
  }

  openElement({ uri, local, attributes }: SaxesTagNS, resolve: Resolve): void {
    const name = attributes['name'] && expandName(attributes['name'].value.trim(), resolve);
    const isVariable = uri === XSL && (local === 'variable' || local === 'param');
    if (uri === EXSLT_FUNCTIONS && local === 'function' && name !== undefined) this.#functions.add(name);
    this.#open.push({ declares: isVariable ? name : undefined, declared: [] });
  }

  closeElement(): void {
    const { declares, declared } = this.#open.pop()!;
    for (const name of declared) this.#visible.set(name, this.#visible.get(name)! - 1);
    const parent = this.#open.at(-1);
    if (declares === undefined || parent === undefined) return;
    if (this.#open.length === 1) {
      this.#global.add(declares);
      return;
    }
    parent.declared.push(declares);
    this.#visible.set(declares, (this.#visible.get(declares) ?? 0) + 1);
  }

  use(expression: string, resolve: Resolve, place: Place): void {
    for (const name of namesIn(expression, resolve)) if (!this.#isExplained(name)) this.#unexplained.push({ ...name, place });
  }

  /** Returns the unknown names at the end of the stylesheet. */
  unknown(): readonly Use<Place>[] {
    return this.#unexplained.filter((name) =>
      name.kind === 'variable' ? !this.#global.has(name.expanded) : !this.#functions.has(name.expanded),
    );
  }

  #isExplained(name: UsedName): boolean {
    return name.kind === 'variable' ? (this.#visible.get(name.expanded) ?? 0) > 0 : isKnownFunction(name);
  }
}
