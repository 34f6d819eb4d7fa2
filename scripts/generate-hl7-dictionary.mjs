/**
 * Writes `nodes/shared/hl7/dictionary/*.json`: fields, types and required segments of each HL7 v2 version, taken from the
 * package hl7v2-dictionary (MIT). It is no dependency, because loading it takes 1.6 s and 300 MB. To run this:
 * npm install --no-save --ignore-scripts hl7v2-dictionary@1.8.0 && node scripts/generate-hl7-dictionary.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = 'hl7v2-dictionary';
const folder = fileURLToPath(new URL('../nodes/shared/hl7/dictionary/', import.meta.url));
const { dictionaries } = await import(source);

mkdirSync(folder, { recursive: true });
for (const [version, { segments, types, messages }] of Object.entries(dictionaries)) {
  const dictionary = {
    segments: mapped(segments, ({ fields }) => inOrder(fields, fieldText)),
    types: mapped(types, ({ fields }) => inOrder(fields ?? {}, ({ type }) => type)),
    messages: mapped(messages, ({ segments: parts }) => messageText(parts ?? {})),
  };
  for (const [name, parts] of Object.entries(dictionary.types)) if (parts.length === 0) delete dictionary.types[name];
  writeFileSync(`${folder}${version}.json`, `${JSON.stringify(dictionary)}\n`);
}

/** `CX!*:250`: the type, `!` if required, `*` if it repeats, and the longest length. */
function fieldText({ type, opt, rep, len }) {
  const repeats = rep === 'infinite' ? '*' : rep > 1 ? `*${rep}` : '';
  return `${type}${opt === 'R' ? '!' : ''}${repeats}${len > 0 && len < 65_000 ? `:${len}` : ''}`;
}

/** `MSH! EVN! PID! PD1`: the segments of a message in their order, `!` if each such message has one. */
function messageText(parts) {
  const names = new Map();
  addSegments(parts, true, names);
  return [...names].map(([name, isRequired]) => name + (isRequired ? '!' : '')).join(' ');
}

function addSegments(parts, isRequired, names) {
  for (const [name, { min = 0, segments }] of Object.entries(parts).sort(([, a], [, b]) => a.idx - b.idx)) {
    const needed = isRequired && min > 0;
    if (segments) addSegments(segments, needed, names);
    else if (/^[A-Z][A-Z0-9]{2}$/.test(name)) names.set(name, needed || names.get(name) === true);
  }
}

function mapped(entries, change) {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, change(entry)]));
}

function inOrder(fields, change) {
  const list = [];
  for (const [number, field] of Object.entries(fields)) list[Number(number) - 1] = change(field);
  return Array.from(list, (entry) => entry ?? '');
}
