/**
 * Runs one node on its own, as the engine would: checked configuration with defaults, real expressions, real sockets.
 * Errors of the node are passed through unchanged, so that a test sees the exact `AppError` the engine would handle.
 */
import { Value } from 'typebox/value';
import { AdapterLimits, type Adapter } from '../contract/node/adapter.ts';
import type { Clock } from '../contract/values/clock.ts';
import { AppError, type Issue } from '../contract/values/errors.ts';
import type { FlowNode } from '../contract/flow/flow-document.ts';
import { createMessage, type Message } from '../contract/values/message.ts';
import type { BuildContext, ConfigProblem, NodeContext, NodeDefinition, Outcome, Scope } from '../contract/node/node.ts';
import { silentLogger, type Logger } from '../contract/values/observe.ts';
import { isEcho, nameProblem, schemaValues } from '../contract/schema/schema-problem.ts';
import type { FileAccess } from '../contract/node/file-access.ts';
import type { Collections } from '../contract/node/collections.ts';
import type { FlowState } from '../contract/node/flow-state.ts';
import type { OutboundGuard } from '../contract/node/outbound-guard.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import { anyFile, anywhere, noCollections, noState } from './anywhere.ts';
import { memoryBlobs } from './memory-blobs.ts';
import { testBuildContext } from './test-build-context.ts';
import { wallClock } from './wall-clock.ts';

/** An adapter as a test writes it. Omitted limits get the product's defaults. */
export interface TestAdapter {
  readonly adapterId?: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly charset?: string;
  readonly limits?: Partial<AdapterLimits>;
}

export interface RunNodeOptions {
  readonly config?: FlowNode['config'];
  /** The input: a whole message here, or only its data in `data`. */
  readonly message?: Message;
  readonly data?: unknown;
  readonly adapter?: TestAdapter;
  /** Secrets by name. The name `''` is the adapter's own credential. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Code tables: name -> key -> value. */
  readonly tables?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Output data of nodes that ran before, for expressions. */
  readonly nodes?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
  readonly attempt?: number;
  readonly idempotencyKey?: string;
  readonly clock?: Clock;
  /** How many milliseconds the node has until its deadline; a minute by default. */
  readonly deadlineInMs?: number;
  readonly log?: Logger;
  readonly blobs?: Blobs;
  /** By default every address is allowed. */
  readonly outbound?: OutboundGuard;
  /** By default every file is allowed. */
  readonly files?: FileAccess;
  /** By default every use of the state fails. */
  readonly state?: FlowState;
  /** By default every use of collections fails. */
  readonly collections?: Collections;
  readonly build?: BuildContext;
  readonly runScript?: NodeContext<unknown>['runScript'];
  readonly callFlow?: NodeContext<unknown>['callFlow'];
  /**
   * Called just before the first byte of a write is sent. If it throws, the node must send nothing. The engine throws
   * `LostExecution` here when the worker no longer owns the execution.
   */
  readonly beforeFirstByte?: () => void;
}

/**
 * Runs an action or control node once and returns its outcome. Rejects with NODE_CONFIG_WRONG (input) if the
 * configuration violates the node's schema or its own check. The error has every issue with its path.
 */
export async function runNode(definition: NodeDefinition, options: RunNodeOptions = {}): Promise<Outcome> {
  return prepareNode(definition, options.config, options.build)(options);
}

/** Prepares a node once, as the engine does at publish. Throws NODE_CONFIG_WRONG (input). */
export function prepareNode(
  definition: NodeDefinition,
  given: FlowNode['config'] = {},
  build: BuildContext = testBuildContext(),
): (options: Omit<RunNodeOptions, 'config' | 'build'>) => Promise<Outcome> {
  if (definition.kind === 'trigger') throw new TypeError(`${definition.type} is a trigger: use listenTrigger`);
  const config = checkConfig(definition, given);
  const run = definition.prepare(config, build);
  const protocol = definition.kind === 'action' ? definition.adapter : undefined;
  return async (options) => {
    const message = options.message ?? createMessage(options.data ?? {});
    return run(createContext(config, message, protocol, build, options), message);
  };
}

/** Returns the configuration with defaults. Throws NODE_CONFIG_WRONG (input) with every issue if it is invalid. */
export function checkConfig(definition: NodeDefinition, config: FlowNode['config']): Record<string, unknown> {
  const filled = Value.Default(definition.config, structuredClone(config)) as Record<string, unknown>;
  const issues = Value.Errors(definition.config, filled)
    .filter((error) => !isEcho(error))
    .map((error) => ({
      path: error.instancePath,
      message: nameProblem(error) ?? error.message,
      values: schemaValues(error),
    }));
  const problems = issues.length > 0 ? issues : (definition.check?.(filled) ?? []).map(toIssueFields);
  if (problems.length === 0) return filled;
  throw new AppError(
    'NODE_CONFIG_WRONG',
    'input',
    `The configuration of ${definition.type} is wrong: ${problems.map(describe).join('; ')}.`,
    {
      values: { type: definition.type },
      issues: problems.map((issue) => ({ ...issue, code: 'NODE_CONFIG_WRONG', severity: 'error' as const })),
      fix: 'Correct the fields named in the issues.',
    },
  );
}

function toIssueFields(problem: ConfigProblem | Issue): Omit<Issue, 'code' | 'severity'> {
  if ('code' in problem) return problem;
  return { path: problem.path, message: problem.message.en, text: problem.message };
}

function describe(issue: { readonly path: string; readonly message: string }): string {
  return `${issue.path === '' ? '/' : issue.path} ${issue.message}`;
}

function createContext(
  config: Record<string, unknown>,
  message: Message,
  protocol: string | undefined,
  build: BuildContext,
  options: RunNodeOptions,
): NodeContext<Record<string, unknown>> {
  const clock = options.clock ?? wallClock();
  const scope: Scope = { message, nodes: options.nodes ?? {}, now: clock.now() };
  let randomState = 1;
  const context: NodeContext<Record<string, unknown>> = {
    config,
    adapter: protocol === undefined ? undefined : resolveAdapter(protocol, options.adapter),
    outbound: options.outbound ?? anywhere,
    files: options.files ?? anyFile,
    state: options.state ?? noState,
    collections: options.collections ?? noCollections,
    signal: options.signal ?? new AbortController().signal,
    deadlineMs: clock.now() + (options.deadlineInMs ?? 60_000),
    idempotencyKey: options.idempotencyKey ?? 'key-of-this-run',
    attempt: options.attempt ?? 1,
    executionId: 'exe_test',
    scope,
    clock,
    log: options.log ?? silentLogger,
    random() {
      randomState = (randomState * 48_271) % 2_147_483_647;
      return randomState / 2_147_483_647;
    },
    secret: (name = '') => readSecret(options.secrets, name),
    blobs: options.blobs ?? memoryBlobs(),
    lookup: (table, key) => lookup(options.tables, table, key),
    evaluate: (expression, otherScope) => build.compileExpression(expression)(otherScope ?? scope),
    runScript: options.runScript ?? (() => Promise.reject(new TypeError('this test passes no runScript'))),
    callFlow: options.callFlow ?? (() => Promise.reject(new TypeError('this test passes no callFlow'))),
    beforeFirstByte: options.beforeFirstByte ?? (() => undefined),
  };
  // The fields of the engine's contexts are getters, which a spread does not copy. So a node that spreads fails here too.
  return Object.create(context) as typeof context;
}

/** Returns the adapter as a node sees it, with the product's default limits. */
export function resolveAdapter(protocol: string, adapter: TestAdapter | undefined): Adapter {
  if (adapter === undefined) throw new TypeError(`this node needs an adapter of protocol ${protocol}: pass one in`);
  return {
    adapterId: adapter.adapterId ?? 'adp_test',
    protocol,
    settings: adapter.settings,
    charset: adapter.charset,
    limits: Value.Default(AdapterLimits, { ...adapter.limits }) as AdapterLimits,
  };
}

export async function readSecret(secrets: RunNodeOptions['secrets'], name: string): Promise<string> {
  const value = secrets?.[name];
  if (value !== undefined) return value;
  throw new AppError('SECRET_MISSING', 'input', `There is no secret ${name === '' ? 'for this adapter' : `named ${name}`}.`, {
    fix: 'Store the secret, or correct its name.',
  });
}

/** Looks up a code as the engine does. Throws CODE_TABLE_UNKNOWN (input) or CODE_UNKNOWN (input) if it is not found. */
export function lookup(tables: RunNodeOptions['tables'], table: string, key: string): string {
  const entries = tables?.[table];
  if (entries === undefined) throw new AppError('CODE_TABLE_UNKNOWN', 'input', `There is no code table ${table}.`, { values: { table } });
  if (Object.hasOwn(entries, key)) return entries[key]!;
  throw new AppError('CODE_UNKNOWN', 'input', `Code table ${table} does not contain this code.`, {
    values: { table },
    fix: 'Add the code to the table.',
  });
}
