/** docs/metrics.md and the code name the same metrics, with the same labels. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const sources = globSync('{engine,nodes,storage,gateways,control,cli}/**/*.ts', { cwd: root }).sort();
const KINDS = { count: 'counter', total: 'counter', gauge: 'gauge', observeMs: 'histogram', gauges: 'gauge' } as const;
/** A name must be a literal where it is recorded, so that it can be found. */
const CALL = /\bmetrics\.(count|total|gauges|gauge|observeMs)\(/g;
const NAMED = /^\s*'([a-z_]+)'/;
/** What may stand in a label: anything else could grow without bounds, or name a person. */
const LABELS = [
  'adapter',
  'code',
  'collection',
  'domain',
  'flow',
  'front',
  'group',
  'interface',
  'kind',
  'lease',
  'mode',
  'operation',
  'outcome',
  'reason',
  'state',
  'status',
  'type',
  'what',
];

interface Metric {
  readonly name: string;
  readonly kind: string;
  readonly labels: readonly string[];
}

test('every metric is told under a literal name', () => {
  const nameless = sources
    .filter((file) => !/engine\/host\/metrics/.test(file))
    .flatMap((file) => callsOf(file).flatMap(({ rest }) => (NAMED.test(rest) ? [] : [`${file}: ${rest.slice(0, 40)}`])));
  assert.deepEqual(nameless, []);
});

test('docs/metrics.md lists every metric of the code with its kind and labels, and no other', () => {
  assert.deepEqual(
    documented().map(({ name, kind, labels }) => `${name} ${kind} ${labels.join()}`),
    [...new Set(inCode().map(({ name, kind, labels }) => `${name} ${kind} ${labels.join()}`))].sort(),
  );
});

test('a metric is labelled by bounded things alone', () => {
  assert.deepEqual(
    inCode().flatMap(({ name, labels }) => labels.filter((label) => !LABELS.includes(label)).map((label) => `${name}: ${label}`)),
    [],
  );
});

function inCode(): Metric[] {
  return sources.flatMap((file) =>
    callsOf(file).flatMap(({ method, rest }): Metric[] => {
      const name = NAMED.exec(rest)?.[1];
      if (name === undefined) return [];
      const labels = (method === 'gauges' ? /\[([^\]]*)\]/.exec(rest) : [...rest.matchAll(/\{([^{}]*)\}/g)].at(-1))?.[1] ?? '';
      return [
        {
          name: name.replace(/_ms$/, '_seconds'),
          kind: KINDS[method],
          labels: labels
            .split(',')
            .flatMap((part) => /^\s*'?(\w+)/.exec(part)?.[1] ?? [])
            .sort(),
        },
      ];
    }),
  );
}

function callsOf(file: string): { readonly method: keyof typeof KINDS; readonly rest: string }[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(CALL)].map((match) => {
    const start = match.index + match[0].length;
    return { method: match[1] as keyof typeof KINDS, rest: text.slice(start, endOfCall(text, start)) };
  });
}

/** Where the call's closing parenthesis stands. */
function endOfCall(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')' && (depth -= 1) === 0) return at;
  }
  return text.length;
}

function documented(): Metric[] {
  return readFileSync(join(root, 'docs', 'metrics.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const cells = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      const name = /^`([a-z_]+)`$/.exec(cells[0] ?? '')?.[1];
      if (name === undefined) return [];
      const labels = [...(cells[2] ?? '').matchAll(/`(\w+)`/g)].map(([, label]) => label!).sort();
      return [{ name, kind: (cells[1] ?? '').split(',')[0]!, labels }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
