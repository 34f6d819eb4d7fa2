import { Type } from 'typebox';
import { fieldText } from './texts.ts';

/** Of a stored document: who saves it names the revision that they saw, so that nobody's work is overwritten. */
export const Revision = Type.Integer({
  ...fieldText(
    '修订号',
    'Revision',
    '每保存一次加一；保存时须与平台上的一致，否则拒绝（409）。新建时为 0。',
    'Each save adds one; a save must name the stored one, or it is refused (409). A new one has 0.',
  ),
  minimum: 0,
});
