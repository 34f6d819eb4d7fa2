/** Where the nodes of this folder find their XML: the message, or a text inside it. */
import { Type, type Static } from 'typebox';
import type { BuildContext, NodeContext } from '../../engine/contract/node/node.ts';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import type { Message } from '../../engine/contract/values/message.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { sourceOf } from '../shared/parse-worker/parsed-message.ts';
import { compileInput } from '../shared/compile-input.ts';

export const sourceField = Type.Optional(
  Type.Union(Operand.anyOf, {
    ...fieldText(
      'XML 来源',
      'Source',
      '不填为整个消息；XML 作为文本放在某个字段中时，填该字段。',
      'The whole message if empty; name a field if the XML is a text inside it.',
    ),
    ...fieldEditor('operand'),
  }),
);

/** Returns the function that reads the XML, which throws XML_INPUT (input) if it is neither text nor bytes. */
export function compileSource(
  source: Static<typeof Operand> | undefined,
  build: BuildContext,
): (ctx: Pick<NodeContext<unknown>, 'scope'>, message: Message) => Promise<string | Uint8Array> {
  if (source === undefined) return (_ctx, message) => Promise.resolve(sourceOf(message, 'XML_INPUT'));
  const read = compileInput('/source', source, build);
  return async ({ scope }, message) => sourceOf({ ...message, data: await read(scope) }, 'XML_INPUT');
}
