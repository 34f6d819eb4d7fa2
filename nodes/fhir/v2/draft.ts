/** A resource while rows of the tables write into it. Fields that R4 does not have are never written. */
import { fhirShapes, type FieldShape } from '../r4/shapes.ts';

export type Primitive = string | number | boolean;
type Slot = Draft | Primitive | DraftReference;

/** A field that refers to a resource of the same bundle. */
export class DraftReference {
  readonly resource: Draft;

  constructor(resource: Draft) {
    this.resource = resource;
  }
}

export class Draft {
  readonly type: string;
  readonly #fields = new Map<string, Map<string, Slot>>();

  constructor(type: string) {
    this.type = type;
  }

  shapeOf(field: string): FieldShape | undefined {
    return fhirShapes().types.get(this.type)?.get(field);
  }

  /** Returns the element in a slot of a field, and makes it if it is not there. */
  element(field: string, slot: string): Draft | undefined {
    const shape = this.shapeOf(field);
    if (shape === undefined) return undefined;
    // Extensions of a primitive stand beside it.
    const isPrimitive = fhirShapes().primitives.has(shape.type);
    const slots = this.#slots(isPrimitive ? `_${field}` : field);
    const known = slots.get(shape.isList ? slot : '');
    if (known instanceof Draft) return known;
    if (known !== undefined) return undefined;
    const made = new Draft(isPrimitive ? 'Element' : shape.type);
    slots.set(shape.isList ? slot : '', made);
    return made;
  }

  /** Returns the resource that a slot refers to, and makes it if it is not there. */
  referred(field: string, slot: string, type: string): Draft | undefined {
    const shape = this.shapeOf(field);
    if (shape?.type !== 'Reference') return undefined;
    const key = shape.isList ? slot : '';
    const known = this.#slots(field).get(key);
    if (known instanceof DraftReference) return known.resource;
    const made = new Draft(type);
    this.#slots(field).set(key, new DraftReference(made));
    return made;
  }

  /** Sets a value or reference. The first value of a field that is no list stays. */
  set(field: string, slot: string, value: Slot): void {
    const shape = this.shapeOf(field);
    if (shape === undefined) return;
    const slots = this.#slots(field);
    const key = shape.isList ? slot : '';
    if (!slots.has(key)) slots.set(key, value);
  }

  has(field: string): boolean {
    return (this.#fields.get(field)?.size ?? 0) > 0;
  }

  /**
   * Returns the resource as JSON; undefined if nothing was written. `place` gives the reference to another resource;
   * undefined if that one is empty.
   */
  toJson(place: (resource: Draft) => string | undefined): Record<string, unknown> | undefined {
    const isResource = this.shapeOf('meta') !== undefined;
    const json: Record<string, unknown> = {};
    for (const [field, slots] of this.#fields) {
      const values = [...slots.values()].flatMap((slot) => jsonOf(slot, place) ?? []);
      if (values.length > 0) json[field] = this.#isList(field) ? values : values[0];
    }
    const names = Object.keys(json);
    // An extension without a value says nothing.
    if (names.length === 0 || (this.type === 'Extension' && names.every((name) => name === 'url'))) return undefined;
    return isResource ? { resourceType: this.type, ...json } : json;
  }

  #isList(field: string): boolean {
    return this.shapeOf(field.replace(/^_/, ''))!.isList;
  }

  #slots(field: string): Map<string, Slot> {
    let slots = this.#fields.get(field);
    if (slots === undefined) this.#fields.set(field, (slots = new Map<string, Slot>()));
    return slots;
  }
}

function jsonOf(slot: Slot, place: (resource: Draft) => string | undefined): unknown {
  if (slot instanceof Draft) return slot.toJson(place);
  if (!(slot instanceof DraftReference)) return slot;
  const reference = place(slot.resource);
  return reference === undefined ? undefined : { reference };
}
