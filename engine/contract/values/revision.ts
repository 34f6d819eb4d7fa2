import { Type } from 'typebox';
import { fieldText } from './texts.ts';

/**
 * The revision of a stored document. A save names the revision that the person saw, so that it cannot overwrite
 * another person's changes.
 */
export const Revision = Type.Integer({
  ...fieldText(
    '修订号',
    'Revision',
    '每保存一次加一；保存时须与平台上的一致，否则拒绝（409）。新建时为 0。',
    'Each save adds one. A save must give the stored revision, or it is refused (409). A new document has 0.',
  ),
  minimum: 0,
});
