/**
 * `npm run measure [folder …]`: how the product's code is cut, as one table: lines of files and functions, files of folders, circles,
 * assertions that silence the compiler. Test, example and generated files are not counted. With `--list` it names what is above its bound.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { root } from './runtime.mjs';

const BOUNDS = { fileLines: 400, functionLines: 80, folderFiles: 20 };
const FOLDERS = ['engine', 'nodes', 'storage', 'gateways', 'control', 'cli', 'sdk', 'designer/src'];
/** Tables and schemas are as long as what they list. */
const TABLE = /(error-texts|texts|-segments|hl7-types|reference)\b/;

const { values: options, positionals } = parseArgs({ options: { list: { type: 'boolean' } }, allowPositionals: true });
const patterns = (positionals.length > 0 ? positionals : FOLDERS).map((folder) => `${folder}/**/*.{ts,tsx}`);
const paths = globSync(patterns, { cwd: root, exclude: ['**/node_modules/**', '**/*.d.ts', '**/*.test.ts', '**/reference/**'] }).sort();
const files = paths.map(readSource);
const byPath = new Map(files.map((file) => [file.path, file]));

const fileLines = files.map(({ lines }) => lines);
const functions = files.flatMap((file) => file.functions);
const folders = countBy(paths.map(dirname));
const fileCircles = circlesOf(graphOf((file) => file.path));
const folderCircles = circlesOf(graphOf((file) => dirname(file.path)));
const importers = countBy(files.flatMap(({ imports }) => imports));
const onlyChildren = files.filter((file) => importers.get(file.path) === 1 && isSibling(file.path));

printRows([
  ['files', files.length],
  ['lines of a file: median, p90, most', `${percentile(fileLines, 50)}, ${percentile(fileLines, 90)}, ${Math.max(...fileLines)}`],
  [`files above ${BOUNDS.fileLines} lines`, large(files, BOUNDS.fileLines).length],
  ['lines of a function: p90, most', describeFunctions()],
  [`functions above ${BOUNDS.functionLines} lines`, large(functions, BOUNDS.functionLines).length],
  ['files of a folder: most', Math.max(...folders.values())],
  [`folders above ${BOUNDS.folderFiles} files`, [...folders.values()].filter((count) => count > BOUNDS.folderFiles).length],
  ['circles of files', fileCircles.length],
  ['circles of folders', `${folderCircles.length} (${folderCircles.flat().length} folders)`],
  ['as unknown as', sum(files, 'doubleAssertions')],
  ['other assertions (as T)', sum(files, 'assertions')],
  ['files with a single importer, in their own folder', onlyChildren.length],
]);
if (options.list) {
  printList('files', large(files, BOUNDS.fileLines));
  printList('functions', large(functions, BOUNDS.functionLines));
  printList(
    'folders',
    [...folders].filter(([, count]) => count > BOUNDS.folderFiles).map(([path, lines]) => ({ path, lines })),
  );
  for (const circle of folderCircles) console.log(`circle: ${circle.join(' ')}`);
  printList(
    'as unknown as',
    files.filter((file) => file.doubleAssertions > 0).map(({ path, doubleAssertions: lines }) => ({ path, lines })),
  );
}

function readSource(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = {
    path,
    lines: source.getLineAndCharacterOfPosition(text.length).line,
    functions: [],
    imports: [],
    doubleAssertions: 0,
    assertions: 0,
  };
  const visit = (node) => {
    const from = importedFile(node);
    if (from?.startsWith('.')) found.imports.push(normalize(join(dirname(path), from)));
    if (ts.isFunctionLike(node) && node.body) found.functions.push(measureFunction(node, source, path));
    if (ts.isAsExpression(node) && node.type.getText(source) !== 'const') {
      if (ts.isAsExpression(node.expression) && node.expression.type.kind === ts.SyntaxKind.UnknownKeyword) found.doubleAssertions++;
      else found.assertions++;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function importedFile(node) {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) return node.moduleSpecifier.text;
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  if (isDynamic && ts.isStringLiteral(node.arguments[0])) return node.arguments[0].text;
  return ts.isImportTypeNode(node) ? node.argument.literal?.text : undefined;
}

function measureFunction(node, source, path) {
  const line = (position) => source.getLineAndCharacterOfPosition(position).line;
  const first = line(node.getStart(source));
  const name = node.name?.getText(source) ?? node.parent?.name?.getText?.(source) ?? 'a function';
  return { path: `${path}:${first + 1} ${name}`, lines: line(node.end) - first + 1 };
}

function graphOf(nameOf) {
  const graph = new Map();
  for (const file of files) {
    const from = nameOf(file);
    const targets = graph.get(from) ?? new Set();
    graph.set(from, targets);
    for (const path of file.imports) {
      const target = byPath.get(path);
      if (target && nameOf(target) !== from) targets.add(nameOf(target));
    }
  }
  return graph;
}

/** Strongly connected components of more than one (Tarjan 1972). */
function circlesOf(graph) {
  const [index, low, stack, circles] = [new Map(), new Map(), [], []];
  const connect = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) connect(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node), low.get(next)));
    }
    if (low.get(node) !== index.get(node)) return;
    const circle = stack.splice(stack.indexOf(node));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) connect(node);
  return circles;
}

function isSibling(path) {
  return files.some((file) => file.imports.includes(path) && dirname(file.path) === dirname(path));
}

function large(things, bound) {
  return things.filter(({ path, lines }) => lines > bound && !TABLE.test(path)).sort((a, b) => b.lines - a.lines);
}

function describeFunctions() {
  const lines = functions.map((one) => one.lines);
  return `${percentile(lines, 90)}, ${Math.max(...lines)}`;
}

function percentile(numbers, percent) {
  return numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor((numbers.length * percent) / 100))];
}

function countBy(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function sum(things, field) {
  return things.reduce((total, thing) => total + thing[field], 0);
}

function printRows(rows) {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${value}`);
}

function printList(title, things) {
  console.log(`\n${title}`);
  for (const { path, lines } of things) console.log(`  ${String(lines).padStart(5)}  ${path}`);
}
