/** Values of a message while the tables read them: a repetition, its components, their subcomponents. */
import { escapeHl7, unescapeHl7 } from '../../shared/hl7/escapes.ts';
import { split } from '../../shared/hl7/form-limits.ts';
import type { Delimiters } from '../../shared/hl7/message.ts';
import type { Places } from './condition.ts';

export class V2Value {
  readonly #raw: string;
  readonly #delimiters: Delimiters;
  readonly #isComponent: boolean;

  constructor(raw: string, delimiters: Delimiters, isComponent = false) {
    this.#raw = raw;
    this.#delimiters = delimiters;
    this.#isComponent = isComponent;
  }

  /** The first text in it, decoded; undefined if it is empty or deleted (`""`). */
  get text(): string | undefined {
    const { component, subcomponent } = this.#delimiters;
    const first = split(split(this.#raw, component)[0]!, subcomponent)[0]!;
    const text = unescapeHl7(first, this.#delimiters).trim();
    return text === '' || text === '""' ? undefined : text;
  }

  /** All of it, decoded, with its separators. */
  get whole(): string {
    return unescapeHl7(this.#raw, this.#delimiters).trim();
  }

  /** The components, decoded, with their separators. */
  get parts(): readonly string[] {
    return split(this.#raw, this.#delimiters.component).map((part) => unescapeHl7(part, this.#delimiters).trim());
  }

  /** The part with this number, from 1. */
  part(number: number): V2Value | undefined {
    const separator = this.#isComponent ? this.#delimiters.subcomponent : this.#delimiters.component;
    const raw = split(this.#raw, separator)[number - 1];
    return raw === undefined || raw === '' ? undefined : new V2Value(raw, this.#delimiters, true);
  }
}

/** A segment, with those of its group that conditions may name. */
export class V2Segment implements Places {
  readonly name: string;
  readonly #fields: readonly string[];
  readonly #delimiters: Delimiters;
  readonly #others: () => readonly V2Segment[];

  /** The name, then the raw fields by their numbers. */
  constructor(fields: readonly string[], delimiters: Delimiters, others: () => readonly V2Segment[] = () => []) {
    this.name = fields[0]!;
    this.#fields = fields;
    this.#delimiters = delimiters;
    this.#others = others;
  }

  static read(line: string, delimiters: Delimiters, others: () => readonly V2Segment[]): V2Segment {
    const fields = line.split(delimiters.field);
    // MSH-1 is the separator itself.
    return new V2Segment(fields[0] === 'MSH' ? ['MSH', delimiters.field, ...fields.slice(1)] : fields, delimiters, others);
  }

  /** The same segment with other components in some fields. */
  with(replaced: Readonly<Record<number, readonly string[]>>): V2Segment {
    const fields = this.#fields.map((raw, field) => {
      const parts = replaced[field];
      return parts === undefined ? raw : parts.map((part) => escapeHl7(part, this.#delimiters)).join(this.#delimiters.component);
    });
    return new V2Segment(fields, this.#delimiters, this.#others);
  }

  /** The same segment without its other fields. */
  only(...kept: readonly number[]): V2Segment {
    const fields = this.#fields.map((raw, field) => (field === 0 || kept.includes(field) ? raw : ''));
    return new V2Segment(fields, this.#delimiters, this.#others);
  }

  /** All of a field, decoded. The repetitions of a text are its lines. */
  lines(field: number): string {
    const { repetition } = this.#delimiters;
    const raw = this.#fields[field] ?? '';
    return unescapeHl7(repetition === '' ? raw : raw.replaceAll(repetition, '\n'), this.#delimiters).trim();
  }

  /** The repetitions of a field that are not empty. */
  values(field: number): readonly V2Value[] {
    const raw = this.#fields[field] ?? '';
    if (raw === '') return [];
    return split(raw, this.#delimiters.repetition).flatMap((one) => (one === '' ? [] : new V2Value(one, this.#delimiters)));
  }

  text(place: string): string | undefined {
    const [, name, field, component, subcomponent] = /^([A-Z0-9]{3})-(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(place) ?? [];
    if (name === undefined) return undefined;
    if (name !== this.name)
      return this.#others()
        .find((other) => other.name === name)
        ?.text(place);
    let value = this.values(Number(field))[0];
    if (component !== undefined) value = value?.part(Number(component));
    if (subcomponent !== undefined) value = value?.part(Number(subcomponent));
    return value?.text;
  }

  count(place: string): number {
    const [name, field] = place.split('-');
    if (name !== this.name)
      return (
        this.#others()
          .find((other) => other.name === name)
          ?.count(place) ?? 0
      );
    return this.values(Number.parseInt(field ?? '', 10)).length;
  }
}
