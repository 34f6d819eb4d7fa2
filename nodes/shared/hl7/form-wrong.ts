import { AppError } from '../../../engine/contract/values/errors.ts';

/** Returns HL7_FORM_WRONG (input) for data that is not a message, with the place in it (`PID.f5`). */
export function formWrong(place: string, reason: string, problem: string): AppError {
  return new AppError('HL7_FORM_WRONG', 'input', `The data is not an HL7 v2 message${place === '' ? '' : ` at ${place}`}: ${reason}.`, {
    values: { problem, ...(place === '' ? {} : { place }) },
    fix:
      problem === 'contradiction'
        ? 'Change either the text (c4) or the subcomponents (c4s1), or copy the whole segment with its raw text.'
        : 'Use the structure that hl7.parse emits: { order: ["MSH", …], MSH: [{ f9: [{ c1: "ADT", c2: "A01" }] }], … }.',
  });
}
