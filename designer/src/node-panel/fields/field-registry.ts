/**
 * The editor of each kind of field. To add a kind, add a file in one of the `fields/` folders and a line here. The
 * compiler reports a kind without a line.
 */
import type { ComponentType } from 'react';
import type { FieldKind } from '../../../../engine/contract/values/field-kind.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { AdapterField } from '../references/adapter.tsx';
import { BodyField } from './body.tsx';
import { BranchNamesField } from './branch-names.tsx';
import { BranchesField } from './branches.tsx';
import { ChoiceField } from '../../kit/form/fields/choice.tsx';
import { ChoicesField } from '../../kit/form/fields/choices.tsx';
import { CodeTableField } from '../references/code-table.tsx';
import { ConditionField } from './condition.tsx';
import { CronField } from '../../kit/form/fields/cron.tsx';
import { DataPathField } from './data-path.tsx';
import { DomainField } from '../references/domain.tsx';
import { DomainsField } from '../references/domains.tsx';
import { DurationMsField } from '../../kit/form/fields/duration-ms.tsx';
import { DurationSecField } from '../../kit/form/fields/duration-sec.tsx';
import { ExpressionField } from './expression.tsx';
import { FieldPathField } from './field-path.tsx';
import { FilesField } from '../../kit/form/fields/files.tsx';
import { FlowField } from '../references/flow.tsx';
import { GroupField } from '../../kit/form/fields/group.tsx';
import { HeadersField } from './headers.tsx';
import { Hl7PathField } from './hl7-path.tsx';
import { Hl7TypeField } from './hl7-type.tsx';
import { InterfaceField } from '../references/interface.tsx';
import { IpListsField } from '../references/ip-lists.tsx';
import { JsonField } from '../../kit/form/fields/json.tsx';
import { JsonSchemaField } from './json-schema.tsx';
import { LongTextField } from '../../kit/form/fields/long-text.tsx';
import { MappingField } from './mapping.tsx';
import { MediaTypeField } from '../../kit/form/fields/media-type.tsx';
import { NumberField } from '../../kit/form/fields/number.tsx';
import { OperandField } from './operand.tsx';
import { OptionalGroupField } from '../../kit/form/fields/optional-group.tsx';
import { PairsField } from '../../kit/form/fields/pairs.tsx';
import { PortsField } from './ports.tsx';
import { RowsField } from '../../kit/form/fields/rows.tsx';
import { RuleSetsField } from '../references/rule-sets.tsx';
import { ScriptField } from './script.tsx';
import { SecretField } from '../references/secret.tsx';
import { ServiceField } from '../references/service.tsx';
import { SizeBytesField } from '../../kit/form/fields/size-bytes.tsx';
import { SwitchField } from '../../kit/form/fields/switch.tsx';
import { TemplateField } from './template.tsx';
import { TextBothField } from '../../kit/form/fields/text-both.tsx';
import { TextField } from '../../kit/form/fields/text.tsx';
import { TextsField } from '../../kit/form/fields/texts.tsx';
import { TimeZoneField } from '../../kit/form/fields/time-zone.tsx';

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
  files: FilesField,
  flow: FlowField,
  group: GroupField,
  headers: HeadersField,
  'hl7-path': Hl7PathField,
  'hl7-type': Hl7TypeField,
  interface: InterfaceField,
  'ip-lists': IpListsField,
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
  'rule-sets': RuleSetsField,
  script: ScriptField,
  secret: SecretField,
  service: ServiceField,
  'size-bytes': SizeBytesField,
  switch: SwitchField,
  template: TemplateField,
  'text-both': TextBothField,
  text: TextField,
  texts: TextsField,
  'time-zone': TimeZoneField,
};
