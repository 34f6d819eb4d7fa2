import { useId, useMemo } from 'react';
import type { FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import type { NodeDescription } from '../api/operations.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { AdapterSelect } from './references/adapter-select.tsx';
import { FieldFrame, Problems } from '../kit/form/field-row.tsx';
import { issuesElsewhere, serverIssues } from '../kit/form/form-issues.ts';
import { NodeOffers } from './node-offers.tsx';
import { SchemaForm } from '../kit/form/schema-form.tsx';
import { useNodeEdits } from './use-node-edits.ts';
import { FIELD_EDITORS } from './fields/field-registry.ts';

const TEXTS = defineTexts({
  adapter: ['适配器', 'Adapter'],
  adapterHelp: ['对方系统的地址、凭据和限额都在适配器里。', 'Address, credential and limits of the other system.'],
});

export interface NodeFocus {
  readonly pointer: string;
  readonly serial: number;
}

interface NodeConfigProps {
  readonly node: FlowNode;
  readonly type: NodeDescription;
  readonly focus: NodeFocus | undefined;
}

export function NodeConfig({ node, type, focus }: NodeConfigProps) {
  const problems = useEditor((editor) => editor.problems);
  const edits = useNodeEdits(node.id);
  const language = useLanguage();
  const issues = useMemo(
    () => problems.ofNode(node.id).flatMap(({ issue, place }) => (place.kind === 'node' ? [{ ...issue, path: place.field }] : [])),
    [problems, node.id],
  );
  const rest = issuesElsewhere(serverIssues(issues, '', language), ['/config', '/handling', '/adapter']);
  return (
    <>
      <Problems problems={rest} />
      {type.adapter === undefined && node.adapter === undefined ? null : (
        <NodeAdapter node={node} protocol={type.adapter} issues={issues} focus={focus} onChange={edits.adapter} />
      )}
      {type.knowsOffers && node.adapter !== undefined ? (
        <NodeOffers
          key={node.adapter}
          adapterId={node.adapter}
          nodeType={node.type}
          onTake={(offered) => edits.config({ ...node.config, ...offered } as FlowNode['config'], '')}
        />
      ) : null}
      <SchemaForm
        editors={FIELD_EDITORS}
        schema={type.config}
        value={node.config}
        issues={issues}
        prefix="/config"
        tellsRest
        focus={within(focus, '/config')}
        onChange={(config, field) => edits.config(config, field)}
      />
    </>
  );
}

/** Returns the requested field relative to the form at `prefix`. Returns undefined if the field is not in this form. */
export function within(focus: NodeFocus | undefined, prefix: string): NodeFocus | undefined {
  if (focus === undefined || !focus.pointer.startsWith(prefix)) return undefined;
  return { pointer: focus.pointer.slice(prefix.length), serial: focus.serial };
}

interface NodeAdapterProps {
  readonly node: FlowNode;
  readonly protocol: string | undefined;
  readonly issues: Parameters<typeof serverIssues>[0];
  readonly focus: NodeFocus | undefined;
  readonly onChange: (adapter: string | undefined) => void;
}

function NodeAdapter({ node, protocol, issues, focus, onChange }: NodeAdapterProps) {
  const t = useTexts(TEXTS);
  const id = useId();
  const language = useLanguage();
  const problems = serverIssues(issues, '/adapter', language);
  const isInvalid = problems.some(({ severity }) => severity === 'error');
  return (
    <FieldFrame
      htmlFor={id}
      label={t('adapter')}
      help={t('adapterHelp')}
      isRequired={protocol !== undefined}
      pointer="/adapter"
      problems={problems}
      focus={focus}
    >
      <AdapterSelect id={id} label={t('adapter')} value={node.adapter} protocol={protocol} onChange={onChange} isInvalid={isInvalid} />
    </FieldFrame>
  );
}
