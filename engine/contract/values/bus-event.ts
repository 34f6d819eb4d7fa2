/** The events that the bus itself publishes: about its management, the life of services, their state, and their calls. */

/** 总线管理、服务生命周期、服务监控、服务调用. */
export const BUS_TOPICS = ['management', 'lifecycle', 'monitoring', 'invocation'] as const;
export type BusTopic = (typeof BUS_TOPICS)[number];

/**
 * A CloudEvents 1.0 event in JSON format (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md), with the
 * extension `sequence`. It names objects by their ids and contains no personal data.
 */
export interface BusEvent {
  readonly specversion: '1.0';
  /** The same event always has the same id. */
  readonly id: string;
  readonly source: string;
  /** `kangqiao.<topic>.<what happened>.v<version of data>`, for example `kangqiao.lifecycle.interface.registered.v1`. */
  readonly type: string;
  /** The id of the object that the event is about. */
  readonly subject?: string;
  /** RFC 3339. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** The number of the event in its topic, 16 digits: texts sort as the numbers do. */
  readonly sequence: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The events of one topic, as far as a flow may see them. */
export interface BusEvents {
  /** Returns the number of the newest event; 0 if there was none. */
  newest(topic: BusTopic): Promise<number>;
  /**
   * Returns the next events after the number `after`, oldest first, and the number up to which the topic was read.
   * Events of other domains are left out. `oldest` is the number of the oldest event that is still kept.
   */
  after(topic: BusTopic, after: number, limit: number): Promise<BusEventPage>;
}

export interface BusEventPage {
  readonly events: readonly BusEvent[];
  readonly readTo: number;
  readonly oldest: number;
}
