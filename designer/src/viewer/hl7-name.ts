/** Chinese name, English name, and the data type. The data type is absent if its components have no names. */
export type Hl7Name = readonly [zh: string, en: string, type?: string];

export interface Hl7Segment {
  readonly name: Hl7Name;
  /** The names of the fields; field 1 comes first. */
  readonly fields: readonly Hl7Name[];
}
