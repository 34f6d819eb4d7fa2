import { isDeepStrictEqual } from 'node:util';
import type { Front } from '../../engine/contract/access/access.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Policy, PolicyDeps } from '../contract.ts';
import type { PlanIndex } from '../plan-index.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { buildRouter, type Router } from '../routes/build-router.ts';
import type { InterfaceCheck } from './check-interface.ts';
import { compileEarly, compileInterface, type CompiledInterface, type OpenCall } from './compile-interface.ts';
import type { Step } from './run-policies.ts';
import type { AllKeepers } from './create-keepers.ts';
import type { Memo, MemoScope } from './create-memo.ts';

/** A plan compiled for one front. One assignment replaces it as a whole; a request keeps the one it started with. */
export interface CompiledFront {
  readonly plan: PlanIndex;
  readonly early: readonly Step[];
  /** Log policies for requests for which no interface was found. */
  readonly log: readonly Step[];
  readonly router: Router<number>;
  /** The interfaces, at the positions that the router returns. */
  readonly interfaces: readonly CompiledInterface[];
}

export interface FrontCompilerDeps {
  readonly front: Front;
  /** Returns the policies of an interface, or those of stages without one. */
  policiesOf(document: InterfaceDocument | undefined): readonly Policy[];
  readonly check: InterfaceCheck;
  readonly policyDeps: Omit<PolicyDeps, 'memo' | 'keepers' | 'callTarget'>;
  readonly memo: Memo;
  readonly keepers: AllKeepers;
  readonly log: Logger;
  openCall(document: InterfaceDocument): OpenCall;
}

/** A compiled document. `compiled` is undefined if the document cannot be served. */
interface Part {
  readonly document: InterfaceDocument;
  readonly compiled: CompiledInterface | undefined;
  close(): void;
}

/**
 * Compiles the plans of a front one after the other. Only interfaces that have changed are compiled again, so a change
 * of one among thousands costs little. An invalid document is skipped and logged; the others still serve.
 */
export class FrontCompiler {
  readonly #deps: FrontCompilerDeps;
  readonly #early: ReturnType<typeof compileEarly>;
  #parts = new Map<string, Part>();
  #routes: readonly InterfaceDocument[] = [];
  #router: Router<number> = buildRouter([]);

  constructor(deps: FrontCompilerDeps) {
    this.#deps = deps;
    const memo = deps.memo.open();
    this.#early = compileEarly(deps.front, deps.policiesOf(undefined), {
      ...deps.policyDeps,
      memo: memo.get,
      keepers: deps.keepers.of(undefined),
    });
  }

  /**
   * Compiles the interfaces of a plan that belong to the front. It yields often, so that the caller can pause the work.
   * Call `commit` of the result once it serves: what it replaces is freed then.
   */
  *compile(documents: readonly InterfaceDocument[], plan: PlanIndex): Generator<void, { front: CompiledFront; commit(): void }> {
    const parts = new Map<string, Part>();
    const replaced = new Map(this.#parts);
    const interfaces: CompiledInterface[] = [];
    for (const document of documents) {
      yield;
      const old = this.#parts.get(document.interfaceId);
      const isSame = old !== undefined && isDeepStrictEqual(old.document, document);
      const part = isSame ? old : this.#compilePart(document);
      if (isSame) replaced.delete(document.interfaceId);
      parts.set(document.interfaceId, part);
      if (part.compiled !== undefined) interfaces.push(part.compiled);
    }
    const router = yield* this.#route(interfaces);
    const front = Object.freeze({ plan, ...this.#early, router, interfaces });
    const commit = () => {
      this.#parts = parts;
      this.#router = router;
      this.#routes = interfaces.map((compiled) => compiled.interface);
      for (const part of replaced.values()) part.close();
    };
    return { front, commit };
  }

  /** Frees everything that the last plan holds. */
  close(): void {
    for (const part of this.#parts.values()) part.close();
    this.#parts.clear();
  }

  #compilePart(document: InterfaceDocument): Part {
    const { check, log, memo, keepers, policiesOf, policyDeps, openCall } = this.#deps;
    // Check again, because a plan may come from a file.
    const problem = check(document).find((issue) => issue.severity === 'error');
    if (problem !== undefined) {
      log.warn('gateway.interface-refused', { interfaceId: document.interfaceId, path: problem.path, code: problem.code });
      return { document, compiled: undefined, close: () => {} };
    }
    const scope: MemoScope = memo.open();
    let call: OpenCall | undefined;
    try {
      call = openCall(document);
      const deps = { ...policyDeps, memo: scope.get, keepers: keepers.of(document.interfaceId) };
      const compiled = compileInterface(document, policiesOf(document), deps, call);
      return { document, compiled, close: () => (scope.close(), call!.close()) };
    } catch (error) {
      log.error('gateway.interface-refused', error, { interfaceId: document.interfaceId });
      call?.close();
      return { document, compiled: undefined, close: scope.close };
    }
  }

  /** Returns the router of the last plan if no route has changed. */
  *#route(interfaces: readonly CompiledInterface[]): Generator<void, Router<number>> {
    const isSame =
      interfaces.length === this.#routes.length &&
      interfaces.every(({ interface: { method, path } }, i) => method === this.#routes[i]!.method && path === this.#routes[i]!.path);
    if (isSame) return this.#router;
    yield;
    return buildRouter(interfaces.map((compiled, target) => ({ interface: compiled.interface, target })));
  }
}
