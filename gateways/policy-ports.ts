/** What policies use besides the exchange: state, logs and stores. */
/** What is logged of a call besides its line: the masked texts by the names `target`, `query`, `in`, `out`. */
export interface LoggedBodies {
  readonly traceId: string;
  /** The interface that the line names. */
  readonly interfaceId: string | undefined;
  readonly bodies: Readonly<Record<string, string>>;
}

/** Takes finished access log lines. It never blocks and never throws. */
export interface AccessLog {
  /** Writes the line of a call, a JSON object, and seals its bodies. */
  write(line: string, bodies?: LoggedBodies): void;
  /** Resolves when all lines written so far are in the file. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface ArrivingBody {
  /** Counts a received piece. Returns false if there is no room and this body was dropped; its bytes are freed then. */
  add(bytes: number): boolean;
  /** Called when the body is complete, or will not be read further. Its bytes stay counted. */
  end(): void;
  /** Frees the bytes of the body. Further calls do nothing. */
  release(): void;
}

/**
 * State that outlives a plan, such as buckets, limits and breakers. Each method returns the state with this name, and
 * creates it at the first call. If the state has a method `stop`, it is called at the end.
 */
export interface Keepers {
  /** State of the interface that is compiled. It ends with the interface. In stages before `route` there is none. */
  ofInterface<Value>(name: string, make: () => Value): Value;
  ofGateway<Value>(name: string, make: () => Value): Value;
}

export interface AsideRequest {
  readonly method: string;
  /** The path with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly timeoutMs: number;
}

export interface AsideAnswer {
  readonly status: number;
  /** Undefined if it is longer than 64 KB. */
  readonly body: Uint8Array | undefined;
}

/** Counts that must be exact over all gateways. Changes are atomic over all processes, and lasting. */
export interface QuotaStore {
  /**
   * Adds up to `wanted` to the count of a key, but never beyond `limit`. Returns how many were added, and the count
   * after it. The count is needed until `endsAt`, in epoch milliseconds.
   */
  lease(key: string, wanted: number, limit: number, endsAt: number): Promise<{ readonly granted: number; readonly used: number }>;
  giveBack(key: string, unused: number): Promise<void>;
  /** Returns the count of a key without changing it. */
  used(key: string): Promise<number>;
}
