/** Every kind of field and its editor. A new kind is a file in `fields/` and a line here; the type asks for one line per kind. */
import type { ComponentType } from 'react';
import type { FieldKind } from '../../../engine/contract/values/field-kind.ts';
import type { FieldProps } from './field-props.ts';
import { AdapterField } from './fields/adapter.tsx';
import { BodyField } from './fields/body.tsx';
import { BranchNamesField } from './fields/branch-names.tsx';
import { BranchesField } from './fields/branches.tsx';
import { ChoiceField } from './fields/choice.tsx';
import { ChoicesField } from './fields/choices.tsx';
import { CodeTableField } from './fields/code-table.tsx';
import { ConditionField } from './fields/condition.tsx';
import { CronField } from './fields/cron.tsx';
import { DataPathField } from './fields/data-path.tsx';
import { DomainField } from './fields/domain.tsx';
import { DomainsField } from './fields/domains.tsx';
import { DurationMsField } from './fields/duration-ms.tsx';
import { DurationSecField } from './fields/duration-sec.tsx';
import { ExpressionField } from './fields/expression.tsx';
import { FieldPathField } from './fields/field-path.tsx';
import { FlowField } from './fields/flow.tsx';
import { GroupField } from './fields/group.tsx';
import { HeadersField } from './fields/headers.tsx';
import { Hl7PathField } from './fields/hl7-path.tsx';
import { Hl7TypeField } from './fields/hl7-type.tsx';
import { JsonField } from './fields/json.tsx';
import { JsonSchemaField } from './fields/json-schema.tsx';
import { LongTextField } from './fields/long-text.tsx';
import { MappingField } from './fields/mapping.tsx';
import { MediaTypeField } from './fields/media-type.tsx';
import { NumberField } from './fields/number.tsx';
import { OperandField } from './fields/operand.tsx';
import { OptionalGroupField } from './fields/optional-group.tsx';
import { PairsField } from './fields/pairs.tsx';
import { PortsField } from './fields/ports.tsx';
import { RowsField } from './fields/rows.tsx';
import { ScriptField } from './fields/script.tsx';
import { SecretField } from './fields/secret.tsx';
import { SizeBytesField } from './fields/size-bytes.tsx';
import { SwitchField } from './fields/switch.tsx';
import { TemplateField } from './fields/template.tsx';
import { TextBothField } from './fields/text-both.tsx';
import { TextField } from './fields/text.tsx';
import { TextsField } from './fields/texts.tsx';
import { TimeZoneField } from './fields/time-zone.tsx';

export const FIELD_EDITORS: Readonly<Record<FieldKind, ComponentType<FieldProps>>> = {
  adapter: AdapterField,
  body: BodyField,
  'branch-names': BranchNamesField,
  branches: BranchesField,
  choice: ChoiceField,
  choices: ChoicesField,
  'code-table': CodeTableField,
  condition: ConditionField,
  cron: CronField,
  'data-path': DataPathField,
  domain: DomainField,
  domains: DomainsField,
  'duration-ms': DurationMsField,
  'duration-sec': DurationSecField,
  expression: ExpressionField,
  'field-path': FieldPathField,
  flow: FlowField,
  group: GroupField,
  headers: HeadersField,
  'hl7-path': Hl7PathField,
  'hl7-type': Hl7TypeField,
  json: JsonField,
  'json-schema': JsonSchemaField,
  'long-text': LongTextField,
  mapping: MappingField,
  'media-type': MediaTypeField,
  number: NumberField,
  operand: OperandField,
  'optional-group': OptionalGroupField,
  pairs: PairsField,
  ports: PortsField,
  rows: RowsField,
  script: ScriptField,
  secret: SecretField,
  'size-bytes': SizeBytesField,
  switch: SwitchField,
  template: TemplateField,
  'text-both': TextBothField,
  text: TextField,
  texts: TextsField,
  'time-zone': TimeZoneField,
};
