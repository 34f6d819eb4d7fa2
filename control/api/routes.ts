/** The method and path of each action (prefix /api/v1). Rights and behaviour belong to the action. */
import type { TSchema } from 'typebox';
import { FlowDocument } from '../../engine/contract/flow/flow-document.ts';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly action: string;
  /** Name of the input field that takes the whole body; otherwise the body's fields are input fields. */
  readonly body?: string;
  /**
   * Schema of the body for the OpenAPI page. Used if the action itself accepts any value in order to report every
   * problem at once.
   */
  readonly bodySchema?: TSchema;
  /**
   * Streams progress as NDJSON to clients that ask for `application/x-ndjson`; the last line is `{"result"}` or
   * `{"error"}`.
   */
  readonly progress?: true;
  /** The body holds a document or a message and may have up to 10 MB. */
  readonly large?: true;
}

const get = (path: string, action: string): Route => ({ method: 'GET', path, action });
const post = (path: string, action: string, more: Partial<Route> = {}): Route => ({ method: 'POST', path, action, ...more });
const put = (path: string, action: string, more: Partial<Route> = {}): Route => ({ method: 'PUT', path, action, ...more });
const remove = (path: string, action: string): Route => ({ method: 'DELETE', path, action });

const progress = { progress: true } as const;
const large = { large: true } as const;
const wholeFlow = { body: 'document', bodySchema: FlowDocument, ...large } as const;

export const ROUTES: readonly Route[] = [
  get('/me', 'me.get'),
  post('/me/password', 'me.change-password'),
  post('/logout', 'me.logout'),
  get('/me/sessions', 'me.sessions'),
  remove('/me/sessions/:id', 'me.end-session'),
  post('/me/end-other-sessions', 'me.end-other-sessions'),
  post('/me/tokens', 'me.create-token'),
  post('/me/second-factor', 'me.begin-second-factor'),
  post('/me/second-factor/confirm', 'me.confirm-second-factor'),
  remove('/me/second-factor', 'me.remove-second-factor'),

  get('/domains', 'domains.list'),

  get('/flows', 'flows.list'),
  get('/shared-flows', 'flows.shared'),
  get('/flows/:flowId', 'flows.get'),
  put('/flows/:flowId', 'flows.save', wholeFlow),
  remove('/flows/:flowId', 'flows.remove'),
  post('/flows/validate', 'flows.validate', wholeFlow),
  post('/flows/test', 'flows.test', { ...progress, ...large }),
  post('/flows/trial', 'flows.trial', large),
  post('/flows/:flowId/publish', 'flows.publish', progress),
  post('/flows/:flowId/rollback', 'flows.rollback'),
  post('/flows/:flowId/unpublish', 'flows.unpublish'),
  get('/flows/:flowId/samples', 'flows.samples'),
  get('/flows/:flowId/versions', 'flows.versions'),
  get('/flows/:flowId/versions/:version', 'flows.version'),
  get('/flows/:flowId/diff', 'flows.diff'),
  get('/flows/:flowId/revisions', 'flows.revisions'),
  get('/flows/:flowId/revisions/:revisionId', 'flows.revision'),
  post('/flows/:flowId/set-aside', 'flows.set-aside', wholeFlow),
  post('/flows/:flowId/visit', 'flows.visit'),
  get('/flows/:flowId/live', 'flows.live'),
  post('/bundles/export', 'bundles.export'),
  post('/bundles/import', 'bundles.import', { body: 'bundle', ...progress, ...large }),
  get('/uses', 'flows.uses'),
  get('/node-types', 'nodes.list'),
  post('/node-types/ports', 'nodes.ports', large),
  post('/node-types/upgrade', 'nodes.upgrade', large),

  get('/adapters', 'adapters.list'),
  get('/adapters/:adapterId', 'adapters.get'),
  get('/adapters/:adapterId/calls', 'adapters.calls'),
  get('/adapter-types', 'adapters.types'),
  put('/adapters/:adapterId', 'adapters.save', { body: 'document' }),
  remove('/adapters/:adapterId', 'adapters.remove'),
  post('/adapters/:adapterId/test', 'adapters.test', progress),
  post('/adapters/test', 'adapters.try', { body: 'document', progress: true }),
  get('/adapters/:adapterId/offers', 'adapters.offers'),
  get('/code-tables', 'tables.list'),
  get('/code-tables/:tableId', 'tables.get'),
  put('/code-tables/:tableId', 'tables.save', { body: 'document', ...large }),
  remove('/code-tables/:tableId', 'tables.remove'),
  get('/secrets', 'secrets.list'),
  put('/secrets/:name', 'secrets.save'),
  remove('/secrets/:name', 'secrets.remove'),
  post('/secrets/:name/reveal', 'secrets.reveal'),

  get('/outbound', 'outbound.list'),
  put('/outbound/:target', 'outbound.allow'),
  remove('/outbound/:target', 'outbound.remove'),

  get('/interfaces', 'interfaces.list'),
  get('/interfaces/:interfaceId', 'interfaces.get'),
  get('/interfaces/:interfaceId/calls', 'interfaces.calls'),
  get('/interfaces/:interfaceId/load', 'interfaces.load'),
  put('/interfaces/:interfaceId', 'interfaces.save', { body: 'document' }),
  remove('/interfaces/:interfaceId', 'interfaces.remove'),
  post('/interfaces/validate', 'interfaces.validate', { body: 'document' }),
  put('/interfaces/:interfaceId/state', 'interfaces.set-state'),
  post('/calls/search', 'calls.search'),
  post('/calls/open', 'calls.open'),
  post('/calls/explain', 'calls.explain'),
  get('/gateways/events', 'gateways.events'),
  post('/gateways/:processId/drain', 'gateways.drain'),
  post('/gateways/:processId/resume', 'gateways.resume'),
  post('/interfaces/:interfaceId/purge-cache', 'interfaces.purge-cache'),
  put('/interfaces/:interfaceId/breaker', 'interfaces.set-breaker'),
  get('/policies', 'policies.list'),
  get('/object-rules', 'object-rules.list'),
  get('/object-rules/:ruleSetId', 'object-rules.get'),
  put('/object-rules/:ruleSetId', 'object-rules.save', { body: 'document' }),
  remove('/object-rules/:ruleSetId', 'object-rules.remove'),
  get('/unprotected-interfaces', 'object-rules.report'),

  get('/apps', 'apps.list'),
  get('/apps/:appId', 'apps.get'),
  put('/apps/:appId', 'apps.save', { body: 'document' }),
  remove('/apps/:appId', 'apps.remove'),
  get('/apps/:appId/keys', 'keys.list'),
  post('/apps/:appId/keys', 'keys.upload'),
  post('/apps/:appId/keys/secrets', 'keys.create-secret'),
  post('/apps/:appId/keys/:keyId/activate', 'keys.activate'),
  post('/apps/:appId/keys/:keyId/retire', 'keys.retire'),
  post('/apps/:appId/keys/:keyId/revoke', 'keys.revoke'),
  get('/grants', 'grants.list'),
  put('/grants/:grantId', 'grants.save', { body: 'document' }),
  remove('/grants/:grantId', 'grants.remove'),
  get('/bus-consumers', 'bus-consumers.list'),
  remove('/bus-consumers/:id', 'bus-consumers.remove'),
  post('/bus-consumers/tokens', 'bus-consumers.create-token'),
  post('/bus-consumers/certificates', 'bus-consumers.add-certificate'),
  get('/platform-keys', 'platform-keys.list'),
  post('/platform-keys', 'platform-keys.create'),
  post('/platform-keys/:keyId/activate', 'platform-keys.activate'),
  post('/platform-keys/:keyId/revoke', 'platform-keys.revoke'),
  get('/user-token-issuers', 'user-token-issuers.list'),
  post('/user-token-issuers', 'user-token-issuers.save'),
  post('/user-token-issuers/remove', 'user-token-issuers.remove'),
  get('/user-token-keys', 'user-token-keys.list'),
  post('/user-token-keys', 'user-token-keys.save'),
  remove('/user-token-keys/:id', 'user-token-keys.remove'),

  get('/ip-lists', 'ip-lists.list'),
  put('/ip-lists/:listId', 'ip-lists.save', { body: 'document' }),
  remove('/ip-lists/:listId', 'ip-lists.remove'),
  get('/services', 'services.list'),
  put('/services/:serviceId', 'services.save', { body: 'document' }),
  put('/services/:serviceId/state', 'services.set-state'),
  remove('/services/:serviceId', 'services.remove'),
  get('/blocked-callers', 'blocked-callers.list'),
  post('/blocked-callers', 'blocked-callers.block'),
  post('/blocked-callers/find', 'blocked-callers.find'),
  remove('/blocked-callers/:blockId', 'blocked-callers.unblock'),
  get('/safe-sites', 'safe-sites.list'),
  put('/safe-sites/:siteId', 'safe-sites.save', { body: 'document' }),
  remove('/safe-sites/:siteId', 'safe-sites.remove'),

  get('/executions', 'executions.list'),
  post('/executions/keys', 'executions.keys'),
  post('/executions/search', 'executions.search'),
  get('/executions/:executionId', 'executions.get'),
  get('/executions/:executionId/payload', 'executions.payload'),
  post('/executions/:executionId/retry', 'executions.retry'),
  post('/executions/:executionId/try-now', 'executions.try-now'),
  post('/executions/:executionId/cancel', 'executions.cancel'),
  post('/executions/:executionId/resend', 'executions.resend', large),
  post('/executions/:executionId/conclude', 'executions.conclude', large),
  post('/executions/resume', 'executions.resume', large),
  get('/archive', 'archive.get'),
  post('/archive/run', 'archive.run', progress),
  post('/archive/stop', 'archive.stop'),
  get('/held', 'executions.held'),
  get('/held/groups', 'held.groups'),
  post('/held/retry', 'executions.retry-many', progress),
  post('/held/resend', 'executions.resend-many', progress),
  post('/held/conclude', 'executions.conclude-many', progress),
  post('/held/cancel', 'executions.cancel-many', progress),
  get('/bulks', 'bulks.list'),
  get('/bulks/:bulkId', 'bulks.get'),
  post('/bulks/:bulkId/cancel', 'bulks.cancel'),
  post('/bulks/:bulkId/close', 'bulks.close'),

  get('/accounts', 'accounts.list'),
  post('/accounts', 'accounts.create'),
  put('/accounts/:name', 'accounts.update'),
  post('/accounts/:name/reset-password', 'accounts.reset-password'),
  get('/accounts/:name/sessions', 'accounts.sessions'),
  post('/accounts/:name/end-sessions', 'accounts.end-sessions'),
  post('/accounts/:name/remove-second-factor', 'accounts.remove-second-factor'),
  get('/requests', 'requests.list'),
  post('/requests', 'requests.create'),
  get('/requests/:requestId', 'requests.get'),
  post('/requests/:requestId/withdraw', 'requests.withdraw'),
  post('/requests/:requestId/decide', 'requests.decide'),
  get('/audit', 'audit.list'),
  get('/audit/acts', 'audit.acts'),
  get('/audit/actions', 'audit.actions'),
  get('/audit/objects', 'audit.objects'),
  post('/audit/verify', 'audit.verify'),
  get('/system', 'system.get'),
  get('/integrity', 'integrity.get'),
  post('/integrity/accept-trail', 'integrity.accept-trail'),
  post('/integrity/decide', 'integrity.decide'),
  post('/integrity/enforce', 'integrity.enforce'),
  get('/overview', 'system.overview'),
  get('/topics', 'topics.list'),
  put('/topics/:topic', 'topics.save', { body: 'document' }),
  get('/topics/:topic/events', 'topics.events'),
  get('/alarms', 'alarms.list'),
  post('/alarms/:alarmId/acknowledge', 'alarms.acknowledge'),
  get('/alarm-silences', 'alarms.silences'),
  post('/alarm-silences', 'alarms.silence'),
  remove('/alarm-silences/:silenceId', 'alarms.end-silence'),
  get('/alarm-settings', 'alarms.settings'),
  put('/alarm-settings', 'alarms.save-settings'),
  post('/alarm-receivers/:receiverId/test', 'alarms.test-receiver'),
  post('/system/move', 'system.move', progress),
  post('/system/backup', 'system.backup', progress),
];
