import { Default } from 'typebox/value';
import { FlowTest, type FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { schemaIssues } from '../../../../engine/flow/schema-issues.ts';
import { plainJson } from '../flow/draft-parts.ts';
import { uniqueName } from './new-node.ts';
import { refuse, type Planned } from './refusal.ts';

const MOST_TESTS = 200;

/** Saves a test with the flow. A number is appended to its name if another test has that name. */
export function addTest(document: FlowDocument, test: FlowTest): Planned<{ readonly index: number }> {
  if (document.tests.length >= MOST_TESTS) return refuse('TOO_MANY');
  const checked = check({ ...test, name: freeName(document, test.name) });
  if ('refusal' in checked) return checked;
  return {
    index: document.tests.length,
    command: { name: 'test.add', subject: checked.test.name, change: (draft) => void draft.tests.push(structuredClone(checked.test)) },
  };
}

/** Changes input, mocks or expectations of a test. Typing into one `field` merges into one undo entry. */
export function changeTest(document: FlowDocument, index: number, test: FlowTest, field?: string): Planned {
  const old = document.tests[index];
  if (old === undefined) return refuse('TEST_UNKNOWN');
  const checked = check(test);
  if ('refusal' in checked) return checked;
  return {
    command: {
      name: 'test.change',
      subject: old.name,
      ...(field === undefined ? {} : { mergeKey: `test ${index} ${field}` }),
      change: (draft) => void (draft.tests[index] = structuredClone(checked.test)),
    },
  };
}

export function renameTest(document: FlowDocument, index: number, name: string): Planned {
  const old = document.tests[index];
  if (old === undefined) return refuse('TEST_UNKNOWN');
  const others = { tests: document.tests.filter((test) => test !== old) };
  const checked = check({ ...old, name: freeName(others, name) });
  if ('refusal' in checked) return checked;
  return {
    command: { name: 'test.rename', subject: old.name, change: (draft) => void (draft.tests[index]!.name = checked.test.name) },
  };
}

export function removeTest(document: FlowDocument, index: number): Planned {
  const old = document.tests[index];
  if (old === undefined) return refuse('TEST_UNKNOWN');
  return { command: { name: 'test.remove', subject: old.name, change: (draft) => void draft.tests.splice(index, 1) } };
}

function freeName({ tests }: Pick<FlowDocument, 'tests'>, wished: string): string {
  return uniqueName(
    wished.trim(),
    tests.map(({ name }) => name),
  );
}

function check(test: FlowTest) {
  const plain = Default(FlowTest, plainJson(test)) as FlowTest;
  const issues = schemaIssues(FlowTest, plain, 'FLOW_SCHEMA');
  return issues.length > 0 ? refuse('VALUE_WRONG', { issues }) : { test: plain };
}
