/**
 * Converts an HL7 message between the form that the user pastes, with one segment per line, and the form that is
 * sent, with segments ended by CR (HL7 v2.8 section 2.5). Pure.
 */
import type { NodeDescription } from '../api/operations.ts';

/** Returns whether the samples of the node start with the text of an HL7 message. */
export function takesHl7Text(type: NodeDescription | undefined): boolean {
  return type?.samples.some(({ data, mediaType }) => typeof data === 'string' && mediaType === 'application/hl7-v2') === true;
}

export function linesOfHl7(message: string): string {
  return message.replace(/\r\n?/g, '\n');
}

export function hl7OfLines(lines: string): string {
  return lines.replaceAll('\n', '\r');
}
