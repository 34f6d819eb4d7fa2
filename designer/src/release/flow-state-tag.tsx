import { CircleCheck, PencilLine } from 'lucide-react';
import type { FlowItem } from '../api/operations.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { Tag } from '../kit/feedback/status-tag.tsx';

export const FLOW_STATE_TEXTS = defineTexts({
  published: ['已发布', 'Published'],
  draft: ['草稿', 'Draft'],
  edited: ['有未发布的修改', 'Changes not published'],
});

type PublishedState = Pick<FlowItem, 'publishedVersion' | 'isChanged'>;

export function flowStateOf(flow: PublishedState): keyof typeof FLOW_STATE_TEXTS {
  if (flow.publishedVersion === undefined) return 'draft';
  return flow.isChanged ? 'edited' : 'published';
}

/** Shows which version of a flow is published, and whether the draft differs. */
export function FlowStateTag({ flow }: { readonly flow: PublishedState }) {
  const t = useTexts(FLOW_STATE_TEXTS);
  const state = flowStateOf(flow);
  if (state === 'published')
    return (
      <Tag tone="green" icon={CircleCheck}>
        {t(state)}
      </Tag>
    );
  return (
    <Tag tone={state === 'edited' ? 'amber' : 'grey'} icon={PencilLine}>
      {t(state)}
    </Tag>
  );
}
