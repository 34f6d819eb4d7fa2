/**
 * Guesses a node's output before any message has passed: from schemas, mappings, samples, saved tests and
 * descriptions of called systems. Pure.
 */
import type { FlowDocument, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { toHl7Form } from '../../../../nodes/shared/hl7/form.ts';
import { toHl7Data } from '../../../../nodes/shared/hl7/message-data.ts';
import { readHl7 } from '../../../../nodes/shared/hl7/message.ts';
import type { Mapping, MappingRule, MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { stepsOfTo, type TargetStep } from '../mapping/mapping-paths.ts';
import type { NodeTypes } from '../flow/node-types.ts';
import type { OfferedShapes } from './offered-shapes.ts';
import { sampleOf } from '../schema/schema-sample.ts';

const DEPTH = 50;
/** Types of nodes that choose a branch. They send their input on unchanged. */
const PASSING_ON: readonly string[] = ['control.condition', 'control.parallel'];

/** Guesses the output of a node; returns undefined if nothing is known. */
export function likelyOutput(document: FlowDocument, types: NodeTypes, offered: OfferedShapes, nodeId: string, depth = 0): unknown {
  const node = document.nodes.find(({ id }) => id === nodeId);
  const type = node === undefined ? undefined : types.get(node.type);
  if (node === undefined || type === undefined || depth > DEPTH) return undefined;
  if (type.kind === 'trigger') return document.tests[0]?.input.data ?? triggerData(node, type.samples[0]?.data);
  const mocked = mockOf(document, nodeId);
  if (mocked !== undefined) return mocked;
  if (type.type === 'transform.map') return mapped((node.config['mapping'] as Mapping | undefined)?.rules ?? []);
  if (type.type === 'hl7.parse') return parsedHl7(before(document, types, offered, node, depth), type.major);
  if (PASSING_ON.includes(type.type)) return before(document, types, offered, node, depth);
  // A check sends its input on unchanged.
  if (type.category === 'check')
    return isRecord(node.config['schema']) ? sampleOf(node.config['schema']) : before(document, types, offered, node, depth);
  const shapes = offered.get(nodeId);
  return shapes === undefined ? undefined : sampleOf(shapes.gives);
}

function before(document: FlowDocument, types: NodeTypes, offered: OfferedShapes, { id }: FlowNode, depth: number): unknown {
  return document.edges
    .filter(({ to }) => to.node === id)
    .map(({ from }) => likelyOutput(document, types, offered, from.node, depth + 1))
    .find((data) => data !== undefined);
}

/**
 * Returns what a trigger emits. If an interface has a schema for its body, the body is generated from that schema.
 */
function triggerData(node: FlowNode, sample: unknown): unknown {
  const { schema } = node.config;
  return isRecord(schema) && isRecord(sample) && 'body' in sample ? { ...sample, body: sampleOf(schema) } : sample;
}

function mockOf({ tests }: FlowDocument, nodeId: string): unknown {
  const mock = tests.map(({ mocks }) => mocks[nodeId]).find((one) => one !== undefined && 'emit' in one);
  return mock !== undefined && 'emit' in mock ? Object.values(mock.emit)[0] : undefined;
}

/** Parses an HL7 message; returns undefined if the text is not one. */
function parsedHl7(text: unknown, major: number): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    const message = readHl7(text);
    return major === 1 ? toHl7Form(message) : toHl7Data(message);
  } catch {
    return undefined;
  }
}

/** Builds an object with the fields that the rules fill. */
function mapped(rules: readonly MappingRule[]): unknown {
  const target = {};
  for (const { to, from } of rules) put(target, stepsOfTo(to) ?? [], valueOf(from));
  return rules.length === 0 ? undefined : target;
}

function valueOf(from: MappingSource): unknown {
  if ('value' in from) return from.value;
  if ('each' in from) return [from.rules === undefined ? '' : mapped(from.rules)];
  return '';
}

function put(target: unknown, steps: readonly TargetStep[], value: unknown): void {
  const [step, ...rest] = steps;
  if (step === undefined || typeof target !== 'object' || target === null) return;
  const place = target as Record<string | number, unknown>;
  const key = step.kind === 'field' ? step.name : step.kind === 'position' ? step.index : 0;
  if (rest.length === 0) place[key] = value;
  else {
    place[key] ??= rest[0]?.kind === 'field' ? {} : [];
    put(place[key], rest, value);
  }
}
