/** Completions for an expression, a template or a script: paths of the sample, and functions. Pure. */
import type { Language } from '../../i18n/text-pairs.ts';
import { EXPRESSION_FUNCTIONS } from './expression-functions.ts';
import { pathStep } from '../../model/schema/sample-shape.ts';
import { placesBehind, type SamplePlace } from './scope-sample.ts';

export interface CompletionWord {
  readonly label: string;
  readonly insert: string;
  readonly kind: 'field' | 'root' | 'function';
  /** Text beside the completion: a value of the sample, the label of a node, or a signature. */
  readonly detail?: string;
  readonly info?: string;
}

export interface CompletionWords {
  /** Start of the word that is being typed, as a position in the text. */
  readonly from: number;
  readonly words: readonly CompletionWord[];
}

/** Matches the path before the cursor: steps with dots, items with `[i]`, names in backquotes. */
const TYPED_PATH = /(?:[\p{L}_][\p{L}\p{N}_]*|`[^`]*`)?(?:\[-?\d*\]|\.(?:[\p{L}_][\p{L}\p{N}_]*|`[^`]*`?)?)*$/u;

/** Completes a JSONata expression. `text` is the part before the cursor. */
export function expressionWords(text: string, places: readonly SamplePlace[], language: Language): CompletionWords | undefined {
  const called = /\$[A-Za-z]*$/.exec(text);
  if (called !== null) return { from: called.index, words: functionWords(language) };
  if (isInsideText(text)) return undefined;
  return pathWords(text, places);
}

/** Completes a text with placeholders. It offers words only behind an opening brace. */
export function templateWords(text: string, places: readonly SamplePlace[]): CompletionWords | undefined {
  const open = text.lastIndexOf('{');
  if (open < 0 || text.lastIndexOf('}') > open) return undefined;
  const found = pathWords(text.slice(open + 1), places);
  return found && { from: found.from + open + 1, words: found.words };
}

/** Completes a script. A script can read `message`, `nodes` and `now`. */
export function scriptWords(text: string, places: readonly SamplePlace[]): CompletionWords | undefined {
  const found = pathWords(text, scriptPlaces(places));
  return found && { from: found.from, words: found.words.filter(({ insert }) => !insert.includes('`')) };
}

function pathWords(text: string, places: readonly SamplePlace[]): CompletionWords | undefined {
  const path = TYPED_PATH.exec(text)?.[0] ?? '';
  const cut = lastDot(path);
  const from = text.length - (path.length - cut - 1);
  if (cut >= 0) {
    const words = behind(places, path.slice(0, cut)).map(fieldWord);
    return words.length === 0 ? undefined : { from, words };
  }
  return { from, words: [...places.filter(isRoot).map(rootWord), ...(nodesOf(places).length > 0 ? [NODES] : [])] };
}

/**
 * Returns the places that can follow the dot. For a list, these are the fields of its items, because a JSONata
 * expression applies the rest of a path to each item.
 */
function behind(places: readonly SamplePlace[], base: string): readonly SamplePlace[] {
  if (base === 'nodes') return nodesOf(places).map((place) => ({ ...place, name: place.path.slice('nodes.'.length) }));
  const exact = placesBehind(places, base.replaceAll(/\[-?\d*\]/g, '[0]'));
  const inItems = exact.length === 1 && exact[0]?.name === '[0]' ? exact[0].places : exact;
  if (inItems.length > 0) return inItems;
  return viaLists(places, base);
}

/**
 * Returns the places below a path without indexes, such as `data.orders.items`. Each list in the path stands for its
 * items.
 */
function viaLists(places: readonly SamplePlace[], base: string): readonly SamplePlace[] {
  const root = places.find(({ path }) => base === path || base.startsWith(`${path}.`));
  if (root === undefined) return [];
  const steps = base.slice(root.path.length + 1).split('.');
  return steps.reduce<readonly SamplePlace[]>((now, step) => {
    const found = now.find(({ name }) => pathStep(name) === step)?.places ?? [];
    return found.length === 1 && found[0]?.name === '[0]' ? found[0].places : found;
  }, root.places);
}

const NODES: CompletionWord = { label: 'nodes', insert: 'nodes', kind: 'root' };

function nodesOf(places: readonly SamplePlace[]): readonly SamplePlace[] {
  return places.filter(({ path }) => path.startsWith('nodes.'));
}

function isRoot({ path }: SamplePlace): boolean {
  return !path.includes('.');
}

function rootWord({ path }: SamplePlace): CompletionWord {
  return { label: path, insert: path, kind: 'root' };
}

function fieldWord({ name, note, preview }: SamplePlace): CompletionWord {
  const detail = note ?? preview;
  return {
    label: name,
    insert: name.startsWith('[') ? name : (pathStep(name) ?? name),
    kind: 'field',
    ...(detail === undefined ? {} : { detail }),
  };
}

function functionWords(language: Language): readonly CompletionWord[] {
  return EXPRESSION_FUNCTIONS.map(({ name, signature, text }) => ({
    label: name,
    insert: `${name}(`,
    kind: 'function',
    detail: signature,
    info: text[language],
  }));
}

/** Returns the position of the last dot outside backquotes. */
function lastDot(path: string): number {
  let isQuoted = false;
  let found = -1;
  for (let index = 0; index < path.length; index += 1) {
    if (path[index] === '`') isQuoted = !isQuoted;
    if (path[index] === '.' && !isQuoted) found = index;
  }
  return found;
}

function isInsideText(text: string): boolean {
  const bare = text.replaceAll(/\\./g, '').replaceAll(/"[^"]*"|'[^']*'/g, '');
  return bare.includes('"') || bare.includes("'");
}

/** Returns the places with the paths that a script uses: `data.id` is `message.data.id` in a script. */
function scriptPlaces(places: readonly SamplePlace[]): readonly SamplePlace[] {
  const parts = places
    .filter(({ path }) => path === 'data' || path === 'headers' || path === 'keys')
    .map((place) => below('message', place));
  return [
    { path: 'message', name: 'message', type: 'object', places: parts },
    ...places.filter(({ path }) => path === 'now' || path.startsWith('nodes.')),
  ];
}

function below(prefix: string, place: SamplePlace): SamplePlace {
  return { ...place, path: `${prefix}.${place.path}`, places: place.places.map((inner) => below(prefix, inner)) };
}
