import { Type } from 'typebox';
import { atField, issuesWithin } from '../../engine/contract/values/at-field.ts';
import type { Issue } from '../../engine/contract/values/errors.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { checkMapping, compileMapping } from '../shared/mapping/compile-mapping.ts';
import { MappingSchema, type Mapping } from '../shared/mapping/mapping-document.ts';

const NO_RULES: Issue = {
  path: '',
  code: 'MAPPING_EMPTY',
  severity: 'warning',
  message: 'The mapping has no rules, so it emits an empty object.',
  fix: 'Add rules, or remove the node.',
};

/** Builds new data by a mapping (`nodes/shared/mapping`) that is compiled once. */
export default defineNode({
  type: 'transform.map',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'arrow-left-right',
  text: {
    label: { 'zh-CN': '映射', en: 'Map' },
    help: { 'zh-CN': '按映射规则由来源字段生成目标数据。', en: 'Builds the target from source fields by rules.' },
    words: '转换 对照 mapping convert',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      mapping: Type.Object(MappingSchema.properties, {
        ...fieldText('映射', 'Mapping', '左边来源，右边目标。', 'Source on the left, target on the right.'),
        ...fieldEditor('mapping'),
        additionalProperties: false,
        default: { rules: [] },
      }),
      mediaType: Type.String({
        ...fieldText('媒体类型', 'Media type'),
        ...fieldEditor('media-type'),
        maxLength: 100,
        default: 'application/json',
      }),
    },
    { additionalProperties: false },
  ),
  check: ({ mapping }) => issuesWithin('/mapping', mapping.rules.length === 0 ? [NO_RULES] : checkMapping(mapping as Mapping)),
  prepare(config, build) {
    const map = atField('/mapping', () => compileMapping(config.mapping as Mapping, build));
    return (ctx, message) => {
      const data = map(ctx.scope, (table, key) => ctx.lookup(table, key));
      const emit = (value: unknown) => ({ emit: { ok: [withData(message, value, config.mediaType)] } });
      return data instanceof Promise ? data.then(emit) : emit(data);
    };
  },
});
