/** Chinese, English, and the data type if its components have names. */
export type Hl7Name = readonly [zh: string, en: string, type?: string];

export interface Hl7Segment {
  readonly name: Hl7Name;
  /** Field 1 comes first. */
  readonly fields: readonly Hl7Name[];
}
