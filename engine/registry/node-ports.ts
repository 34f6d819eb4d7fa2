/**
 * Returns the output ports of a node with a configuration, even while a person is still filling it in. Returns the
 * known ports; an unfinished configuration never causes an error.
 */
import { Default } from 'typebox/value';
import { isRecord } from '../contract/values/is-record.ts';
import type { NodeDefinition, PortSpec } from '../contract/node/node.ts';

type Fields = Readonly<Record<string, unknown>>;

export function knownOutPorts(definition: NodeDefinition, config: unknown): readonly PortSpec[] {
  const { out } = definition.ports;
  if (typeof out !== 'function') return out;
  const given = Default(definition.config, structuredClone(isRecord(config) ? config : {})) as Fields;
  const mended = mend(definition.config, given);
  try {
    return readable(out(mended as never));
  } catch {
    // The ports are unknown. Use those of an empty configuration instead, for example a condition's "else".
    return portsOfNothing(definition, out as (config: unknown) => readonly PortSpec[]);
  }
}

function portsOfNothing({ config }: NodeDefinition, out: (config: unknown) => readonly PortSpec[]): readonly PortSpec[] {
  try {
    return readable(out(mend(config, {})));
  } catch {
    return [];
  }
}

/**
 * Makes missing lists empty, and drops rows that are not objects. Such lists and rows are the most frequent causes of
 * errors in port functions.
 */
function mend(schema: object, config: Fields): Fields {
  const properties = 'properties' in schema && isRecord(schema.properties) ? schema.properties : {};
  const mended: Record<string, unknown> = { ...config };
  for (const [name, field] of Object.entries(properties)) {
    if (!isRecord(field) || field['type'] !== 'array') continue;
    const items = Array.isArray(mended[name]) ? (mended[name] as readonly unknown[]) : [];
    const isRows = isRecord(field['items']) && field['items']['type'] === 'object';
    mended[name] = isRows ? items.filter(isRecord) : items;
  }
  return mended;
}

/** Returns the ports that have a name, each once. A port without a label shows its name. */
function readable(ports: readonly Partial<PortSpec>[]): readonly PortSpec[] {
  const named = new Map<string, PortSpec>();
  for (const { name, label } of ports) {
    if (typeof name !== 'string' || name === '' || named.has(name)) continue;
    const text: Fields = isRecord(label) ? label : {};
    named.set(name, { name, label: { 'zh-CN': word(text['zh-CN'], name), en: word(text['en'], name) } });
  }
  return [...named.values()];
}

function word(text: unknown, name: string): string {
  return typeof text === 'string' && text.trim() !== '' ? text : name;
}
