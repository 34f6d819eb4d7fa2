/**
 * All alarm rules, in the order in which they are checked and shown. To add one, copy a file of `rules/`, and list it
 * here and in `docs/operations.md`.
 */
import type { AlarmRule } from './rules/alarm-rule.ts';
import breakerOpen from './rules/gateways/breaker-open.rule.ts';
import greyRolledBack from './rules/gateways/grey-rolled-back.rule.ts';
import instancesOut from './rules/gateways/instances-out.rule.ts';
import instancesStale from './rules/gateways/instances-stale.rule.ts';
import refusalRatio from './rules/gateways/refusal-ratio.rule.ts';
import refusalWave from './rules/gateways/refusal-wave.rule.ts';
import relationFailing from './rules/gateways/relation-failing.rule.ts';
import adapterFailing from './rules/messages/adapter-failing.rule.ts';
import collectionLate from './rules/messages/collection-late.rule.ts';
import errorRatio from './rules/messages/error-ratio.rule.ts';
import failed from './rules/messages/failed.rule.ts';
import feedSilent from './rules/messages/feed-silent.rule.ts';
import held from './rules/messages/held.rule.ts';
import listenerFailing from './rules/messages/listener-failing.rule.ts';
import queueAge from './rules/messages/queue-age.rule.ts';
import recordQuota from './rules/messages/record-quota.rule.ts';
import disk from './rules/system/disk.rule.ts';
import expiring from './rules/system/expiring.rule.ts';
import extensionDisabled from './rules/system/extension-disabled.rule.ts';
import integrity from './rules/system/integrity.rule.ts';
import processSilent from './rules/system/process-silent.rule.ts';
import sharedDown from './rules/system/shared-down.rule.ts';
import storeDown from './rules/system/store-down.rule.ts';

export const ALARM_RULES = {
  'queue-age': queueAge,
  held,
  failed,
  'adapter-failing': adapterFailing,
  'error-ratio': errorRatio,
  'refusal-ratio': refusalRatio,
  'refusal-wave': refusalWave,
  'breaker-open': breakerOpen,
  'instances-out': instancesOut,
  'instances-stale': instancesStale,
  'grey-rolled-back': greyRolledBack,
  'relation-failing': relationFailing,
  'collection-late': collectionLate,
  'feed-silent': feedSilent,
  'listener-failing': listenerFailing,
  'process-silent': processSilent,
  integrity,
  'record-quota': recordQuota,
  expiring,
  'extension-disabled': extensionDisabled,
  disk,
  'store-down': storeDown,
  'shared-down': sharedDown,
} satisfies Readonly<Record<string, AlarmRule>>;

export type AlarmRuleName = keyof typeof ALARM_RULES;
export const ALARM_RULE_NAMES = Object.keys(ALARM_RULES) as AlarmRuleName[];
