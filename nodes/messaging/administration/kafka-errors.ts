import { AppError } from '../../../engine/contract/values/errors.ts';
import { brokerNotFound } from '../../../engine/contract/node/broker-administration.ts';
import { connectionLost } from '../brokers/errors.ts';
import { apiCodeOf, openFailed } from '../brokers/kafka-errors.ts';
import type { Target } from '../brokers/broker.ts';
import { brokerExists, brokerRefused, wrongName } from './errors.ts';

/** Error codes of the protocol of Kafka. */
const UNKNOWN_TOPIC = 3;
const INVALID_TOPIC = 17;
const TOPIC_EXISTS = 36;
const LOGIN_FAILED = 58;
const UNKNOWN_GROUP = 69;
const REFUSALS: Readonly<Record<number, string>> = {
  24: 'the name of the group is not valid',
  29: 'the user may not use this topic',
  30: 'the user may not use this group',
  31: 'the user may not administer the cluster',
  37: 'the number of partitions is not valid',
  38: 'there are too few brokers for the replicas',
  40: 'the settings are not valid',
  44: 'a policy of the cluster forbids it; a compacted topic cannot be purged',
  68: 'the group has members',
  86: 'the group reads the topic now',
};

/** Returns the error for a failed request about something with this name. */
export function administrationFailed(target: Target, name: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const code = apiCodeOf(cause);
  const refusal = code === undefined ? undefined : REFUSALS[code];
  if (refusal !== undefined) return brokerRefused(refusal, cause);
  if (code === UNKNOWN_TOPIC || code === UNKNOWN_GROUP) return brokerNotFound(name);
  if (code === INVALID_TOPIC) return wrongName(name);
  if (code === TOPIC_EXISTS) return brokerExists(name);
  if (code === undefined || code === LOGIN_FAILED) return openFailed(target, cause);
  return connectionLost(cause);
}
