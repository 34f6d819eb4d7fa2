import { Button, Modal, Segmented, Tabs } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useListOf } from '../api/queries.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { useFormat } from '../i18n/format.ts';
import type { Conflict } from '../model/history/autosave.ts';
import { keyOf, mergeFlows, type MergeConflict, type MergeSide } from '../model/history/merge-flows.ts';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { FlowDifferenceView } from '../release/flow-difference-view.tsx';
import styles from './draft-conflict.module.css';
import type { DraftKeeper } from './draft/draft-keeper.ts';

const TEXTS = defineTexts({
  title: ['您和 {{who}} 改了同一处', 'You and {{who}} changed the same part'],
  somebody: ['其他人', 'someone else'],
  what: [
    '{{who}} 于 {{when}} 保存了这条流程。双方各改各的地方会自动合并；下面 {{count}} 处双方都改了，请逐项选择。没有选中的一方保留在“版本与发布”的修改记录里，可以查看、比较和恢复。',
    '{{who}} saved this flow at {{when}}. Changes made by only one of you are merged. You both changed the {{count}} {{count|part|parts}} listed below: choose a version of each. The versions that you do not choose stay in the edit history under "Versions and publishing", where you can compare and restore them.',
  ],
  deletedTitle: ['这条流程刚刚被删除', 'This flow has just been deleted'],
  deleted: [
    '有人删除了它。您的版本还在本页：仍需要时重新保存。',
    'Someone deleted it. Your version is still on this page: save it again if you still want it.',
  ],
  mine: ['我的', 'Mine'],
  theirs: ['对方的', 'Theirs'],
  allMine: ['全选我的', 'All mine'],
  allTheirs: ['全选对方的', 'All theirs'],
  myChanges: ['我的修改', 'My changes'],
  theirChanges: ['对方的修改', 'Their changes'],
  save: ['按所选合并并保存', 'Merge and save'],
  takeTheirs: ['放弃我的修改', 'Discard my changes'],
  saveAgain: ['重新保存', 'Save it again'],
  leave: ['不保留，返回流程列表', 'Discard it and go back to the flows'],
  node: ['节点“{{name}}”', 'Node "{{name}}"'],
  wires: ['节点“{{name}}”端口 {{port}} 的连线', 'Connections from port {{port}} of "{{name}}"'],
  note: ['便签“{{name}}”', 'Note "{{name}}"'],
  group: ['分组“{{name}}”', 'Group "{{name}}"'],
  test: ['测试用例“{{name}}”', 'Test case "{{name}}"'],
  setting: ['流程设置：{{name}}', 'Flow setting: {{name}}'],
});

/** Names of the flow's settings, for the description of a conflict. */
const SETTING_TEXTS = defineTexts({
  name: ['名称', 'name'],
  description: ['说明', 'description'],
  domain: ['服务域', 'domain'],
  sharedWith: ['共享给', 'shared with'],
  tags: ['标签', 'tags'],
  mode: ['模式', 'mode'],
  deadlineMs: ['时限', 'deadline'],
  ingress: ['接入', 'ingress'],
  recording: ['留存', 'recording'],
});

interface DraftConflictProps {
  readonly keeper: DraftKeeper;
  readonly conflict: Conflict;
}

/** Asks the author about parts that both they and another user changed. Such parts are never merged automatically. */
export function DraftConflict({ keeper, conflict }: DraftConflictProps) {
  return conflict.theirs === undefined ? (
    <DeletedFlow keeper={keeper} mine={conflict.mine} />
  ) : (
    // The author decides about the version that is shown. If the other user saves again, the dialog starts again with
    // the new version.
    <BothChanged key={conflict.theirs.revision} keeper={keeper} conflict={{ ...conflict, theirs: conflict.theirs }} />
  );
}

function DeletedFlow({ keeper, mine }: { readonly keeper: DraftKeeper; readonly mine: Conflict['mine'] }) {
  const t = useTexts(TEXTS);
  const navigate = useNavigate();
  return (
    <Modal
      open
      title={t('deletedTitle')}
      closable={false}
      mask={{ closable: false }}
      keyboard={false}
      footer={
        <>
          <Button onClick={() => void navigate('/flows')}>{t('leave')}</Button>
          <Button type="primary" onClick={() => void keeper.settle(mine, false)}>
            {t('saveAgain')}
          </Button>
        </>
      }
    >
      {t('deleted')}
    </Modal>
  );
}

type WithTheirs = Conflict & { readonly theirs: NonNullable<Conflict['theirs']> };

function BothChanged({ keeper, conflict }: { readonly keeper: DraftKeeper; readonly conflict: WithTheirs }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const nameOf = useConflictName(conflict);
  const { base, mine, theirs } = conflict;
  const [choices, setChoices] = useState<Readonly<Record<string, MergeSide>>>({});
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const { conflicts, document } = mergeFlows(base, mine, theirs, (one) => choices[keyOf(one)] ?? 'mine');
  const shown = [...new Map(conflicts.map((one) => [keyOf(one), one])).values()];
  const saved = useListOf('flows.revisions', { flowId: mine.flowId }).data?.items.find(({ isCurrent }) => isCurrent);
  const who = saved?.savedBy ?? t('somebody');
  const chooseAll = (side: MergeSide) => setChoices(Object.fromEntries(shown.map((one) => [keyOf(one), side])));
  const settle = async (...how: Parameters<DraftKeeper['settle']>) => {
    setIsBusy(true);
    setFailure(undefined);
    await keeper.settle(...how).catch(setFailure);
    setIsBusy(false);
  };
  return (
    <Modal
      open
      width={880}
      title={t('title', { who })}
      closable={false}
      mask={{ closable: false }}
      keyboard={false}
      footer={
        <>
          <Button danger disabled={isBusy} onClick={() => void settle(theirs, true)}>
            {t('takeTheirs')}
          </Button>
          <Button
            type="primary"
            loading={isBusy}
            disabled={shown.some((one) => choices[keyOf(one)] === undefined)}
            onClick={() => void settle(document, Object.values(choices).includes('theirs'), (one) => choices[keyOf(one)])}
          >
            {t('save')}
          </Button>
        </>
      }
    >
      <p>{t('what', { who, when: saved === undefined ? '…' : format.time(saved.savedAt), count: shown.length })}</p>
      <div className={styles.all}>
        <Button size="small" onClick={() => chooseAll('mine')}>
          {t('allMine')}
        </Button>
        <Button size="small" onClick={() => chooseAll('theirs')}>
          {t('allTheirs')}
        </Button>
      </div>
      <ul className={styles.parts}>
        {shown.map((one) => (
          <li key={keyOf(one)}>
            <span>{nameOf(one)}</span>
            <Segmented<MergeSide | ''>
              aria-label={nameOf(one)}
              value={choices[keyOf(one)] ?? ''}
              options={[
                { value: 'mine', label: t('mine') },
                { value: 'theirs', label: t('theirs') },
              ]}
              onChange={(side) => setChoices({ ...choices, [keyOf(one)]: side as MergeSide })}
            />
          </li>
        ))}
      </ul>
      {failure === undefined ? null : <ErrorBox error={failure} />}
      <Tabs
        items={[
          { key: 'theirs', label: t('theirChanges'), children: <Difference before={base} after={theirs} /> },
          { key: 'mine', label: t('myChanges'), children: <Difference before={base} after={mine} /> },
        ]}
      />
    </Modal>
  );
}

function Difference({ before, after }: { readonly before: Conflict['mine']; readonly after: Conflict['mine'] }) {
  return (
    <div className={styles.difference}>
      <FlowDifferenceView before={before} after={after} />
    </div>
  );
}

/** Returns the label of a part. */
function useConflictName({ base, mine, theirs }: WithTheirs): (conflict: MergeConflict) => string {
  const t = useTexts(TEXTS);
  const setting = useTexts(SETTING_TEXTS);
  const flows = [base, mine, theirs];
  return ({ kind, id, port }) => {
    const nodeName = flows.flatMap(({ nodes }) => nodes).find((node) => node.id === id)?.label;
    switch (kind) {
      case 'node':
        return t('node', { name: nodeName ?? id });
      case 'wires':
        return t('wires', { name: nodeName ?? id, port: port ?? '' });
      case 'note':
        return t('note', {
          name:
            flows
              .flatMap(({ layout }) => layout.notes)
              .find((note) => note.id === id)
              ?.text.slice(0, 40) ?? id,
        });
      case 'group':
        return t('group', { name: flows.flatMap(({ layout }) => layout.groups).find((group) => group.id === id)?.label ?? id });
      case 'test':
        return t('test', { name: id });
      case 'setting':
        return t('setting', { name: id in SETTING_TEXTS ? setting(id as keyof typeof SETTING_TEXTS) : id });
    }
  };
}
