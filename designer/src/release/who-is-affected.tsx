import { useListOf, useQueryOf } from '../api/queries.ts';
import { useMay } from '../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { FRONT_TEXTS } from './interface-parts.tsx';
import styles from './release.module.css';

const TEXTS = defineTexts({
  label: ['影响谁', 'Who is affected'],
  title: ['发布后，下列各方立即用新版本：', 'After publishing, these use the new version:'],
  interface: ['接口“{{name}}”（{{front}} {{method}} {{path}}）', 'Interface "{{name}}" ({{front}}, {{method}} {{path}})'],
  apps: ['，{{count}} 个应用在用', ', {{count}} {{count|app|apps}} may call it'],
  flow: ['调用它的流程“{{name}}”', 'Flow "{{name}}", which calls it'],
  nobody: [
    '您能看到的在线接口和流程都没有用到它；由它自己的触发器收到的消息用新版本。',
    'No online interface and no flow that you can see uses it; messages of its own trigger use the new version.',
  ],
});

/** Shows who is affected by a publication: the online interfaces and the published flows that use this flow. */
export function WhoIsAffected({ flowId }: { readonly flowId: string }) {
  const t = useTexts(TEXTS);
  const fronts = useTexts(FRONT_TEXTS);
  const text = useText();
  const may = useMay();
  const interfaces = useListOf('interfaces.list', {}, { enabled: may('interfaces.read') });
  const uses = useQueryOf('flows.uses', { flowId });
  const own = interfaces.data?.items.filter(
    ({ target, state }) => target.kind === 'flow' && target.flowId === flowId && state === 'online',
  );
  const callers = uses.data?.flows.filter((use) => use.inPublished && use.flowId !== flowId) ?? [];
  const isKnown = uses.data !== undefined && (interfaces.data !== undefined || !may('interfaces.read'));
  if (!isKnown) return null;
  const isUsed = (own ?? []).length + callers.length > 0;
  return (
    <section aria-label={t('label')} className={styles.affected}>
      <p>{isUsed ? t('title') : t('nobody')}</p>
      {isUsed ? (
        <ul>
          {(own ?? []).map(({ interfaceId, name, front, method, path, grants }) => (
            <li key={interfaceId}>
              {t('interface', { name: text(name), front: fronts(front), method, path })}
              {grants === undefined ? '' : t('apps', { count: grants })}
            </li>
          ))}
          {callers.map((use) => (
            <li key={use.flowId}>{t('flow', { name: text(use.name) })}</li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
