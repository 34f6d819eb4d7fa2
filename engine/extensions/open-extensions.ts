/**
 * The extensions of an installation as this process uses them: verified packages, their node types, and a process for
 * each version that is called. Follows what other processes install, enable and disable.
 */
import { isLowerVersion } from './package/compare-versions.ts';
import type { Changes } from '../changes/create-changes.ts';
import type { Clock } from '../contract/values/clock.ts';
import { AppError, toErrorRecord } from '../contract/values/errors.ts';
import { withData, type Message } from '../contract/values/message.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Text } from '../contract/values/texts.ts';
import { typeName, type NodeContext, type NodeDefinition, type Outcome } from '../contract/node/node.ts';
import type { Crypto } from '../contract/ports/crypto.ts';
import type { Documents } from '../contract/ports/documents.ts';
import { messageUnfit, notAvailable, type Fault } from './package/extension-errors.ts';
import { extensionNode, type ExtensionNodeType } from './extension-node.ts';
import { openExtensionStore, type ExtensionRecord, type ExtensionStore } from './extension-store.ts';
import { extensionLineOf, type ExtensionManifest, type ExtensionNode } from './package/manifest.ts';
import { DeclaredError } from './process/extension-process.ts';
import { ExtensionHost } from './process/extension-host.ts';
import { guardedFetch } from './process/guarded-fetch.ts';
import { readPackage, type ExtensionPackage } from './package/read-package.ts';
import { verifyPackage } from './package/verify-package.ts';

export interface Extensions {
  readonly store: ExtensionStore;
  get(typeName: string): NodeDefinition | undefined;
  list(): readonly NodeDefinition[];
  longHelp(typeName: string): Text | undefined;
  /** The node types among these, as data for a thread that examines flows. */
  typesOf(typeNames: Iterable<string>): readonly ExtensionNodeType[];
  /** The manifest of a version that could be loaded here. */
  manifestOf(id: string): ExtensionManifest | undefined;
  /** Process ids of the extensions that run here, by version. */
  running(): ReadonlyMap<string, number>;
  stop(): void;
}

export interface ExtensionsDeps {
  readonly documents: Documents;
  readonly changes: Pick<Changes, 'announce' | 'follow'>;
  /** Without it no signature can be verified, and no extension is loaded. */
  readonly crypto?: Crypto | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A version with its verified package. `definitions` are its node types, by name. */
interface Loaded {
  readonly record: ExtensionRecord;
  readonly content: ExtensionPackage;
}

/** The versions of one line that matter here: the enabled one, or the newest of the disabled ones. */
interface Line extends Loaded {
  readonly definitions: ReadonlyMap<string, NodeDefinition>;
}

const RELOAD_EVERY_MS = 60_000;

export async function openExtensions(deps: ExtensionsDeps): Promise<Extensions> {
  const store = await openExtensionStore(deps.documents, deps.changes);
  const extensions = new OpenedExtensions(store, deps);
  await extensions.start();
  return extensions;
}

class OpenedExtensions implements Extensions {
  readonly store: ExtensionStore;
  readonly #deps: ExtensionsDeps;
  readonly #contents = new Map<string, ExtensionPackage>();
  readonly #hosts = new Map<string, ExtensionHost>();
  #lines: ReadonlyMap<string, Line> = new Map();
  #turn: Promise<void> = Promise.resolve();
  #unfollow: () => void = () => undefined;
  #cancelTimer: () => void = () => undefined;
  #isStopped = false;

  constructor(store: ExtensionStore, deps: ExtensionsDeps) {
    this.store = store;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#unfollow = this.store.onChange(() => this.#reload());
    await this.#reload();
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#unfollow();
    this.#cancelTimer();
    for (const host of this.#hosts.values()) host.stop();
  }

  get(name: string): NodeDefinition | undefined {
    return this.#lines.get(extensionLineOf(name) ?? '')?.definitions.get(name);
  }

  list(): readonly NodeDefinition[] {
    return [...this.#lines.values()].flatMap(({ definitions }) => [...definitions.values()]);
  }

  longHelp(name: string): Text | undefined {
    return this.#nodeOf(name)?.node.help;
  }

  typesOf(names: Iterable<string>): readonly ExtensionNodeType[] {
    return [...new Set(names)].flatMap((name) => {
      const found = this.#nodeOf(name);
      if (found === undefined) return [];
      const { id, version, text } = found.line.content.manifest;
      return [{ extension: { id, version, text }, node: found.node, isEnabled: found.line.record.state === 'enabled' }];
    });
  }

  manifestOf(id: string): ExtensionManifest | undefined {
    return this.#contents.get(id)?.manifest;
  }

  running(): ReadonlyMap<string, number> {
    return new Map([...this.#hosts].flatMap(([key, { pid }]) => (pid === undefined ? [] : [[key.split(' ')[0]!, pid] as const])));
  }

  #nodeOf(name: string): { readonly line: Line; readonly node: ExtensionNode } | undefined {
    const line = this.#lines.get(extensionLineOf(name) ?? '');
    const verb = name.slice(name.indexOf('.') + 1, name.indexOf('@'));
    const node = line?.content.manifest.nodes.find((one) => one.verb === verb);
    return line === undefined || node === undefined ? undefined : { line, node };
  }

  #schedule(): void {
    this.#cancelTimer = this.#deps.clock.after(RELOAD_EVERY_MS, () => {
      void this.#reload().catch((error: unknown) => this.#deps.log.warn('extensions.unread', { code: toErrorRecord(error).code }));
      this.#schedule();
    });
  }

  /** One reload after the other, so that an older state never replaces a newer one. */
  #reload(): Promise<void> {
    const mine = this.#turn.then(() => this.#load());
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #load(): Promise<void> {
    if (this.#isStopped) return;
    const lines = new Map<string, Line>();
    const records = await this.store.list();
    for (const record of records) {
      const content = await this.#contentOf(record);
      if (content === undefined || record.state === 'waiting') continue;
      const known = lines.get(record.line);
      if (known === undefined || comesBefore(record, known.record)) lines.set(record.line, this.#lineOf(record, content));
    }
    const ids = new Set(records.map(({ _id }) => _id));
    for (const id of this.#contents.keys()) if (!ids.has(id)) this.#contents.delete(id);
    this.#lines = lines;
    this.#endHosts();
  }

  /** Returns the package if its signature is valid now: a key that was withdrawn takes its extensions along. */
  async #contentOf(record: ExtensionRecord): Promise<ExtensionPackage | undefined> {
    const { crypto, log } = this.#deps;
    if (crypto === undefined) return undefined;
    try {
      const known = this.#contents.get(record._id);
      const isRead = known !== undefined && (known.code !== '' || record.state !== 'enabled');
      const content = isRead ? known : await this.#read(record, crypto);
      await verifyPackage(content, this.store.keys, crypto);
      this.#contents.set(record._id, content);
      return content;
    } catch (error) {
      const { code, values = {} } = toErrorRecord(error);
      log.warn('extension.refused', { extension: record._id, code, problem: String(values['problem'] ?? '') });
      this.#contents.delete(record._id);
      return undefined;
    }
  }

  async #read(record: ExtensionRecord, crypto: Crypto): Promise<ExtensionPackage> {
    const bytes = await this.store.packageOf(record);
    if (bytes === undefined) throw notAvailable(record._id, 'missing');
    const content = await readPackage(bytes, crypto);
    // Code takes megabytes, and only that of enabled versions runs.
    return record.state === 'enabled' ? content : { ...content, code: '' };
  }

  #lineOf(record: ExtensionRecord, content: ExtensionPackage): Line {
    const known = this.#lines.get(record.line);
    if (known?.content === content && known.record.state === record.state) return { ...known, record };
    const definitions = content.manifest.nodes.map((node) =>
      extensionNode({
        extension: content.manifest,
        node,
        config: content.configs.get(node.verb)!,
        isEnabled: () => this.#lines.get(record.line)?.record.state === 'enabled',
        run: (ctx, message) => this.#run(record.line, node.verb, ctx, message),
      }),
    );
    return { record, content, definitions: new Map(definitions.map((definition) => [typeName(definition), definition])) };
  }

  async #run(lineId: string, verb: string, ctx: NodeContext<unknown>, message: Message): Promise<Outcome> {
    const line = this.#lines.get(lineId);
    if (line?.record.state !== 'enabled') throw notAvailable(lineId, line === undefined ? 'missing' : 'disabled');
    const { record, content } = line;
    const node = content.manifest.nodes.find((one) => one.verb === verb);
    if (node === undefined) throw notAvailable(lineId, 'missing');
    if (message.data instanceof Uint8Array) throw messageUnfit(record._id, 'bytes', {});
    const { config, idempotencyKey, attempt, signal, outbound } = ctx;
    const { data, mediaType, headers, keys } = message;
    const rules = { extension: record._id, connect: content.manifest.permissions.connect, effect: node.effect };
    let hasSent = false;
    const beforeFirstByte = () => {
      ctx.beforeFirstByte();
      hasSent = true;
    };
    try {
      const result = await this.#hostOf(line).call({
        input: { verb, config, message: { data, mediaType, headers, keys }, idempotencyKey, attempt },
        signal,
        fetch: (what, ends, hold) => guardedFetch(what, rules, { outbound, signal: ends, beforeFirstByte, hold }),
        hasSent: () => hasSent,
      });
      if (result.port !== 'ok' && !node.ports.some(({ name }) => name === result.port))
        throw messageUnfit(record._id, 'port', { port: result.port });
      return { emit: { [result.port]: [withData(message, result.data, result.mediaType)] } };
    } catch (error) {
      throw error instanceof DeclaredError ? declared(error.message, content.manifest) : error;
    }
  }

  /** A version that was disabled and enabled again starts without the faults from before. */
  #hostOf({ record, content }: Line): ExtensionHost {
    const key = keyOf(record);
    const known = this.#hosts.get(key);
    if (known !== undefined) return known;
    const { clock, log } = this.#deps;
    const host = new ExtensionHost({
      extension: record._id,
      code: content.code,
      verbs: content.manifest.nodes.map(({ verb }) => verb),
      limits: content.manifest.limits,
      clock,
      onFault: (fault) => log.warn('extension.ended', { extension: record._id, problem: fault }),
      onExhausted: (fault) => void this.#disable(record, fault),
    });
    this.#hosts.set(key, host);
    return host;
  }

  async #disable(record: ExtensionRecord, fault: Fault): Promise<void> {
    const { clock, log } = this.#deps;
    log.error('extension.disabled', new Error(fault), { extension: record._id });
    const set = { state: 'disabled', since: clock.now(), by: 'system', fault } as const;
    await this.store
      .change(record._id, record.revision, set)
      .catch((error: unknown) => log.warn('extensions.unread', { code: toErrorRecord(error).code }));
  }

  #endHosts(): void {
    const wanted = new Set([...this.#lines.values()].filter(({ record }) => record.state === 'enabled').map(({ record }) => keyOf(record)));
    for (const [key, host] of this.#hosts) {
      if (wanted.has(key)) continue;
      host.stop();
      this.#hosts.delete(key);
    }
  }
}

function keyOf({ _id, revision }: ExtensionRecord): string {
  return `${_id} ${revision}`;
}

/** An enabled version comes before a disabled one, a newer one before an older one. */
function comesBefore(a: ExtensionRecord, b: ExtensionRecord): boolean {
  return a.state === b.state ? isLowerVersion(b.version, a.version) : a.state === 'enabled';
}

/** Returns the error that the manifest declares under this name, with its texts. */
function declared(name: string, { id, errors }: ExtensionManifest): AppError {
  const code = `${id.toUpperCase().replaceAll('-', '_')}_${name}`;
  const error = Object.hasOwn(errors, name) ? errors[name] : undefined;
  if (error === undefined)
    return new AppError('EXTENSION_FAILED', 'bug', `The extension ${id} reported an error that its manifest does not name.`, {
      values: { extension: id, name: 'Error', place: '' },
    });
  return new AppError(code, error.kind, error.text.en, { text: error.text, ...(error.fix === undefined ? {} : { fix: error.fix.en }) });
}
