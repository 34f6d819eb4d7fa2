import { Type } from 'typebox';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type OptionProblem } from '../../contract.ts';
import type { InterfaceDocument } from '../../documents/interface-document.ts';
import { groupsOf } from '../../documents/upstream-target.ts';
import { outcomeOf } from '../../load/call-outcome.ts';
import { loadOf } from '../../load/interface-load.ts';
import { GreyRelease, type GreyEvent, type GreySubject } from '../../load/grey-release.ts';
import { stableKeyOf } from '../../shared/caller-of.ts';

/** How often a gateway asks whether another one has rolled the release back. */
const ASK_MS = 5_000;
/** How long the first calls of a release wait for the store. */
const FIRST_ANSWER_MS = 1_000;
/** A rollback is remembered this long. */
const KEEP_MS = 30 * 86_400_000;

const Texts = (label: readonly [zh: string, en: string], help: readonly [zh: string, en: string]) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { ...fieldText(...label, ...help), maxItems: 1_000 }));
const Claim = (zh: string, en: string) =>
  Type.Optional(
    Type.String({
      ...fieldText(
        zh,
        en,
        '用户令牌中的声明名；令牌由身份系统签发，调用方不能改。',
        'The name of a claim in the user token, which callers cannot change.',
      ),
      minLength: 1,
      maxLength: 100,
    }),
  );
const Percent = Type.Number({ minimum: 0, maximum: 100 });

/**
 * Sends a part of the callers to another instance group: by a tag, a list, their district, or a share. A caller always
 * sees the same group. The group gets nothing any more when it is worse than the usual one.
 */
export default definePolicy({
  name: 'grey-release',
  stage: 'release',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '灰度发布', en: 'Grey release' },
    help: {
      'zh-CN':
        '让一部分调用者使用新的实例分组：先看标签、名单、所属区，其余按比例。同一调用者始终使用同一分组；新分组的错误率或响应时间变差时自动回退。',
      en: 'Sends a part of the callers to a new instance group: by tag, list or district, the others by share. A caller stays in its group. If errors or response times of the new group are worse, it gets no more calls.',
    },
  },
  options: Type.Object(
    {
      group: Type.String({
        ...fieldText(
          '新分组',
          'New group',
          '后端实例分组的名称；其余请求进入第一个分组。',
          'A name of an instance group; other requests go to the first one.',
          {
            example: 'v2',
          },
        ),
        minLength: 1,
        maxLength: 32,
      }),
      release: Type.Optional(
        Type.String({
          ...fieldText(
            '批次',
            'Release',
            '不填时为分组名称。改名即开始新的一批：重新选取调用者，并解除自动回退。',
            'The name of the group if left out. Another name starts again: with other callers, and without an earlier rollback.',
          ),
          minLength: 1,
          maxLength: 100,
        }),
      ),
      tagClaim: Claim('标签来源', 'Tag from'),
      tags: Texts(['标签', 'Tags'], ['带这些标签的用户进入新分组。', 'Users with one of them use the new group.']),
      allowed: Texts(['名单', 'Listed callers'], ['用户标识或应用编号。', 'Subjects of users, or ids of apps.']),
      districtClaim: Claim('所属区来源', 'District from'),
      districts: Texts(['所属区', 'Districts'], ['这些区的用户进入新分组。', 'Users of these districts use the new group.']),
      percent: Type.Optional(
        Type.Number({
          ...Percent,
          ...fieldText('比例', 'Share', '百分比；设了分步放量时不看此项。', 'In percent; ignored if there are steps.'),
        }),
      ),
      steps: Type.Optional(
        Type.Object(
          {
            startsAt: Type.Integer({
              ...fieldText('开始时间', 'Start', '毫秒时间戳。', 'Epoch milliseconds.', { example: '1798732800000' }),
              minimum: 0,
              maximum: 8_640_000_000_000_000,
            }),
            holdMs: Type.Integer({
              ...fieldText('每步保持', 'Hold', '到时进入下一步。', 'The next step follows after it.'),
              ...fieldEditor('duration-ms'),
              minimum: 60_000,
              maximum: 2_592_000_000,
            }),
            percents: Type.Optional(
              Type.Array(Percent, {
                ...fieldText('各步比例', 'Shares', '不填时为 1、5、25、50、100。', '1, 5, 25, 50 and 100 if left out.'),
                minItems: 1,
                maxItems: 20,
              }),
            ),
          },
          { ...fieldText('分步放量', 'Steps'), additionalProperties: false },
        ),
      ),
      rollback: Type.Optional(Type.Boolean({ ...fieldText('自动回退', 'Automatic rollback', '不填时开启。', 'On if left out.') })),
      minimumCalls: Type.Optional(
        Type.Integer({
          ...fieldText(
            '最少请求数',
            'Minimum requests',
            '一分钟内两个分组都达到此数才比较；不填时为 100。',
            'Both groups need so many in a minute to be compared; 100 if left out.',
          ),
          minimum: 10,
          maximum: 1_000_000,
        }),
      ),
      errorMarginPercent: Type.Optional(
        Type.Number({
          ...fieldText('允许的错误率差', 'Error margin', '百分点；不填时为 5。', 'In percentage points; 5 if left out.'),
          minimum: 0,
          maximum: 100,
        }),
      ),
      latencyFactor: Type.Optional(
        Type.Number({
          ...fieldText(
            '允许的响应时间倍数',
            'Latency factor',
            'P95 与原分组之比；不填时为 1.5。',
            'P95 compared with the usual group; 1.5 if left out.',
          ),
          minimum: 1,
          maximum: 100,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  findProblems: (options, target) => [...groupProblems(options, target), ...choiceProblems(options, target)],
  isDefault: () => false,
  isOptional: () => true,
  compile(options, target, _front, { keepers, clock, quotas: counts, report }) {
    const { interfaceId, target: called } = target!;
    const { group, tagClaim, districtClaim, release: releaseId = group, tags, allowed, districts, percent, steps } = options;
    if (called.kind === 'flow' || !groupsOf(called).some(({ name }) => name === group)) return undefined;
    const { rollback = true, minimumCalls, errorMarginPercent, latencyFactor } = options;
    const errorMargin = errorMarginPercent === undefined ? undefined : errorMarginPercent / 100;
    const limits = rollback ? { minimumCalls, errorMargin, latencyFactor } : undefined;
    const rules = { releaseId: `${interfaceId} ${releaseId}`, tags, allowed, districts, percent, steps };
    const mark = `grey:${interfaceId}:${group}:${releaseId}`;

    function onChange(event: GreyEvent): void {
      report({ kind: event.kind, interfaceId, subject: group, values: valuesOf(event) });
      if (event.kind === 'grey-rolled-back' && event.cause !== 'elsewhere') {
        // A count of one marks the release for the other gateways, and after a restart. If the store is down, they find
        // out for themselves.
        counts.lease(mark, 1, 1, clock.now() + KEEP_MS).catch(() => undefined);
      }
    }

    const kept = keepers.ofInterface('grey', (): Kept => ({
      ...{ id: '', release: undefined, askedAt: -Infinity, first: undefined },
    }));
    if (kept.release === undefined || kept.id !== mark) {
      Object.assign(kept, { id: mark, release: new GreyRelease({ clock, rules, limits, onChange }), first: undefined });
    } else kept.release.configure(rules, limits);
    const release = kept.release!;
    loadOf(keepers).grey = { group, release };

    function askStore(): Promise<void> {
      kept.askedAt = clock.monotonic();
      return counts.used(mark).then(
        (count) => {
          if (count > 0) release.rollBack();
        },
        () => undefined,
      );
    }

    function choose(exchange: Exchange): undefined {
      const isGrey = release.isGrey(subjectOf(exchange, tagClaim, districtClaim));
      if (isGrey) exchange.instanceGroup = group;
      const begunAt = clock.monotonic();
      exchange.onCallEnd(() => {
        const { kind, latencyMs } = outcomeOf(exchange, clock.monotonic() - begunAt);
        if (kind !== 'unknown') release.ended(isGrey, kind !== 'ok', latencyMs);
      });
    }

    // A release that was rolled back before a restart must get no call, so the first ones wait for the store.
    if (kept.first === undefined) {
      const first = waitFor(askStore(), clock).then(() => {
        if (kept.first === first) kept.first = 'known';
      });
      kept.first = first;
    }

    return (exchange) => {
      if (kept.first instanceof Promise) return kept.first.then(() => choose(exchange));
      if (!release.isRolledBack && clock.monotonic() - kept.askedAt >= ASK_MS) void askStore();
      return choose(exchange);
    };
  },
});

interface Kept {
  id: string;
  release: GreyRelease | undefined;
  askedAt: number;
  /** The first answer of the store about this release; `known` once it has arrived, or is no longer waited for. */
  first: Promise<void> | 'known' | undefined;
}

/** Resolves when the store has answered, or after a second. */
function waitFor(answer: Promise<void>, clock: Pick<Clock, 'after'>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(FIRST_ANSWER_MS, resolve);
    void answer.then(() => {
      cancel();
      resolve();
    });
  });
}

interface Choice {
  readonly group: string;
  readonly tagClaim?: string;
  readonly tags?: readonly string[];
  readonly allowed?: readonly string[];
  readonly districtClaim?: string;
  readonly districts?: readonly string[];
  readonly percent?: number;
  readonly steps?: object;
}

function groupProblems({ group }: Choice, { target }: InterfaceDocument): readonly OptionProblem[] {
  const names = target.kind === 'upstream' ? groupsOf(target).map(({ name }) => name) : [];
  if (names.indexOf(group) > 0) return [];
  return [
    {
      ...{ path: '/group', problem: 'unknown-group', value: group },
      message: `${group} is not the name of a second group of instances.`,
      fix: 'Add the group to the target after the usual one, or correct the name.',
    },
  ];
}

/** Finds choices that no caller could meet. */
function choiceProblems(options: Choice, { front }: InterfaceDocument): readonly OptionProblem[] {
  const { tagClaim, tags = [], allowed = [], districtClaim, districts = [], percent, steps } = options;
  const byClaim = [
    { list: tags, listPath: '/tags', claim: tagClaim, path: '/tagClaim' },
    { list: districts, listPath: '/districts', claim: districtClaim, path: '/districtClaim' },
  ];
  if (percent === undefined && steps === undefined && [tags, allowed, districts].every(({ length }) => length === 0))
    return [
      {
        ...{ path: '', problem: 'grey-none', value: '' },
        message: 'Nothing says who uses the new group, so nobody would.',
        fix: 'Set a share, steps, tags, districts, or listed callers.',
      },
    ];
  return byClaim.flatMap(({ list, listPath, claim, path }) => {
    if (front !== 'user' && (claim !== undefined || list.length > 0))
      return [
        {
          ...{ path: claim === undefined ? listPath : path, problem: 'grey-user', value: front },
          message: `There are no users on the front ${front}, so no claim can be read.`,
          fix: 'Remove the claim with its values. Use a share, steps, or a list of apps.',
        },
      ];
    if (list.length === 0 || claim !== undefined) return [];
    return [
      {
        ...{ path, problem: 'grey-claim', value: '' },
        message: 'There are values, but no claim of the user token that holds them.',
        fix: 'Name the claim, or remove the values.',
      },
    ];
  });
}

function subjectOf(exchange: Exchange, tagClaim: string | undefined, districtClaim: string | undefined): GreySubject {
  return { key: stableKeyOf(exchange), tag: claimOf(exchange, tagClaim), district: claimOf(exchange, districtClaim) };
}

function claimOf({ user }: Exchange, name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : user?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function valuesOf(event: GreyEvent): Readonly<Record<string, string | number>> {
  if (event.kind === 'grey-step') return { percent: event.percent };
  const { cause, percent, grey, base } = event;
  if (grey === undefined || base === undefined) return { cause, percent };
  const figures = { errorShare: grey.failureShare, usualErrorShare: base.failureShare, p95Ms: Math.round(grey.p95Ms) };
  return { cause, percent, ...figures, usualP95Ms: Math.round(base.p95Ms) };
}
