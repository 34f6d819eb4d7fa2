import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createStore } from 'zustand/vanilla';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { ApiError, callWithProgress, readList } from '../api/client.ts';
import type { Output } from '../api/operation-types.ts';
import type { PublishStage } from '../api/progress.ts';
import { useDraftKeeper } from '../editor/draft/draft-keeper-context.tsx';
import { useEditor } from '../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { useConfirm } from '../kit/feedback/confirm-act.tsx';
import { ShownInPlaceError } from '../kit/feedback/error-box.tsx';
import { useEnvironment } from '../session/environment.ts';
import { PublishPreview, type ShownDraft } from './publish-preview.tsx';

const TEXTS = defineTexts({
  productionTitle: ['发布到生产环境', 'Publish in production'],
  changedTitle: ['草稿刚刚被修改，请再次确认', 'The draft has just been changed: confirm again'],
  publish: ['发布', 'Publish'],
});

/**
 * The progress of a publication: running, done or failed. Empty before it starts and while the user is asked to
 * confirm.
 */
export interface PublicationState {
  readonly stage?: PublishStage;
  readonly report?: Output<'flows.publish'>;
  readonly failure?: unknown;
}

interface PublicationProps {
  readonly flowId: string;
  readonly inService: FlowDocument | undefined;
  readonly onPublished: () => void;
}

/**
 * Publishes exactly the draft that the user sees. If another user saves in the meantime, the changes are shown before
 * publication.
 */
export function usePublication({ flowId, inService, onPublished }: PublicationProps) {
  const t = useTexts(TEXTS);
  const client = useQueryClient();
  const confirm = useConfirm();
  const types = useEditor((editor) => editor.types);
  const { isProduction } = useEnvironment();
  const { keeper, savedDraft, changedSince } = useSavedDraft(flowId);
  const [state, setState] = useState<PublicationState>({});

  const publish = async ({ revision }: FlowDocument, note: string) => {
    setState({ stage: 'validate' });
    try {
      const input = { flowId, revision, ...(note === '' ? {} : { note }) };
      setState({ report: await callWithProgress('flows.publish', input, ({ stage }) => setState({ stage })) });
    } catch (error) {
      setState({});
      throw error;
    }
    onPublished();
    void client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('flows.') });
  };
  /**
   * Publishes the draft. If another user has saved since, publishes nothing and calls `onChanged` with that user's
   * changes.
   */
  const publishUnchanged = async (draft: FlowDocument, note: string, onChanged: (changed: ShownDraft) => void) => {
    try {
      await publish(draft, note);
    } catch (error) {
      if (!isDraftChanged(error)) throw error;
      onChanged(await changedSince(draft, Number(error.values['stored'])));
    }
  };
  /**
   * Shows the user what would be published, and publishes it after their confirmation. If another user saves in the
   * meantime, publishes nothing and shows the changes in the same dialog.
   */
  const confirmAndPublish = (first: ShownDraft, note: string) => {
    const shown = createStore<ShownDraft>(() => first);
    confirm({
      title: t(isProduction ? 'productionTitle' : 'changedTitle'),
      effect: <PublishPreview shown={shown} inService={inService} types={types} note={note} />,
      verb: t('publish'),
      isWide: true,
      run: () =>
        publishUnchanged(shown.getState().draft, note, (changed) => {
          shown.setState(changed, true);
          throw new ShownInPlaceError();
        }),
    });
  };
  const begin = async (note: string) => {
    setState({});
    try {
      const merged = keeper.merged.getState().last;
      const draft = await savedDraft();
      const { last = merged } = keeper.merged.getState();
      // The save has merged another user's changes into the draft. This user has not seen them, so ask first.
      if (last !== undefined && last !== merged) confirmAndPublish(await changedSince(last.base, last.theirs.revision), note);
      else if (isProduction) confirmAndPublish({ draft }, note);
      else await publishUnchanged(draft, note, (changed) => confirmAndPublish(changed, note));
    } catch (failure) {
      setState({ failure });
    }
  };
  return { state, begin };
}

/**
 * Saves unsaved edits and returns the draft. The platform publishes the draft that it has stored, so everything must be
 * saved first.
 */
function useSavedDraft(flowId: string) {
  const keeper = useDraftKeeper();
  const savedDraft = async () => {
    const { status, base } = await keeper.flush();
    if (status !== 'saved') throw new UnsavedError();
    return base;
  };
  /** Returns the current draft, with what is needed to show what another user has changed in it since `before`. */
  const changedSince = async (before: FlowDocument, revision: number): Promise<ShownDraft> => {
    await keeper.follow(revision);
    const draft = await savedDraft();
    const { items } = await readList('flows.revisions', { flowId });
    return { draft, since: { before, save: items.find(({ id }) => id === String(revision)) } };
  };
  return { keeper, savedDraft, changedSince };
}

export class UnsavedError extends Error {}

function isDraftChanged(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 'FLOW_DRAFT_CHANGED';
}
