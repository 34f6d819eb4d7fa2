/** By which test each node type shows what it owes: the title of a test in its contract test (`test/nodes/<group>/<name>.test.ts`). */
import type { NodeDefinition } from '../../engine/contract/node.ts';

/** What can happen to a node: see docs/add-a-node.md. */
export type Aspect = 'happy' | 'slow' | 'half-open' | 'refusal' | 'duplicate' | 'cancel' | '10 MB';

/** A node that speaks to others owes everything; one that only computes has nobody who is slow, away, or told twice. */
export function owedBy(definition: NodeDefinition): readonly Aspect[] {
  if ('adapter' in definition && definition.adapter !== undefined)
    return ['happy', 'slow', 'half-open', 'refusal', 'duplicate', 'cancel', '10 MB'];
  switch (definition.category) {
    case 'call':
      return ['happy', 'slow', 'refusal', 'duplicate', 'cancel', '10 MB'];
    case 'transform':
    case 'check':
      return ['happy', 'refusal', '10 MB'];
    case 'trigger':
      // One that listens to nothing is fired by its front, which owes the rest.
      return definition.kind === 'trigger' && definition.listen !== undefined
        ? ['happy', 'slow', 'refusal', 'duplicate', 'cancel']
        : ['happy'];
    case 'control':
      return ['happy'];
  }
}

export const NODE_CONTRACTS: Readonly<Record<string, Readonly<Partial<Record<Aspect, string>>>>> = {
  'check.json-schema': {
    happy: 'lets data through that fits',
    refusal: 'refuses what does not fit, with every place and no value or field name of the data',
    cancel: '10 MB are checked while others go on, with the same answers, and a cancel ends it',
    '10 MB': '10 MB are checked while others go on, with the same answers, and a cancel ends it',
  },
  'code.run': {
    happy: 'what the script returns is the new data; nothing returned is null',
    slow: 'a script that fails or does not end is an input error',
    refusal: 'a script that fails or does not end is an input error',
    cancel: 'a cancel lets go at once of a script that runs, which ends by its limit, and of one that waits for its turn',
    '10 MB': '10 MB go into a script and come back, where its limits let them',
  },
  'control.catch': { happy: 'takes the errors it names, and all when it names none' },
  'control.condition': { happy: 'emits on exactly one port: the first whose condition holds, or else' },
  'control.end': { happy: 'refuses the message with the error and status it is given' },
  'control.for-each': { happy: 'emits one message per item, in order', refusal: 'refuses more items than its limit' },
  'control.join': { happy: 'names the results of its branches' },
  'control.parallel': { happy: 'emits the same message on every branch' },
  'control.reply': { happy: 'answers with the data of the message and lets it go on' },
  'control.wait': {
    happy: 'waits for a time, until a moment, or for a token',
    refusal: 'refuses moments and tokens that cannot be waited for',
  },
  'flow.call': {
    happy: 'goes on with the reply of the called flow and its own lineage',
    slow: 'a slow flow is waited for, and 10 MB go there and back',
    refusal: 'an error of the called flow comes out as it is',
    duplicate: 'a second run under the same key gives the called flow the same keys outward',
    cancel: 'a cancel ends the called flow',
    '10 MB': 'a slow flow is waited for, and 10 MB go there and back',
  },
  'hl7.parse': {
    happy: 'text becomes data that mappings read',
    refusal: 'a type that the flow does not take is refused',
    cancel: '10 MB of many small segments are parsed while others go on, and a cancel ends it',
    '10 MB': '10 MB of many small segments are parsed while others go on, and a cancel ends it',
  },
  'hl7.serialise': {
    happy: 'parsed data becomes the same text again, in the charset of its message',
    refusal: 'data that is no message is refused',
    cancel: '10 MB of many small segments are written while others go on, and a cancel ends it',
    '10 MB': '10 MB of many small segments are written while others go on, and a cancel ends it',
  },
  'http.call': {
    happy: 'sends the message as JSON and emits the parsed answer',
    slow: 'a slow peer within the limit is waited for',
    'half-open': 'a peer that accepts and never answers leaves a write unknown and a read to be retried',
    refusal: 'tells by the status whether it may be done again',
    duplicate: 'a second run sends the same idempotency key, a read sends none',
    cancel: 'a cancel half-way ends the connection',
    '10 MB': 'carries 10 MB there and back',
  },
  'interface.call': { happy: 'is fired by gateways: it listens to nothing and needs no configuration' },
  'json.parse': {
    happy: 'parses text and bytes, with a byte order mark and in the charset of the message',
    refusal: 'refuses what two readers could understand in two ways',
    cancel: 'a cancel ends the wait for a large payload',
    '10 MB': 'parses 10 MB in a thread, while this one goes on, and tells its errors as usual',
  },
  'json.serialise': {
    happy: 'writes one line, or indents',
    refusal: 'bytes are refused with advice',
    '10 MB': '10 MB are written whole',
  },
  'mail.receive': {
    happy: 'a mail of a Chinese program is read with its attachment, and leaves the inbox once it is safe',
    slow: 'a server that says nothing is given up',
    'half-open': 'a server that goes away is told, and refused logins, folders and plain connections are named',
    refusal: 'a duplicate leaves the inbox; what is refused, or too large, goes aside and holds nothing up',
    duplicate: 'a duplicate leaves the inbox; what is refused, or too large, goes aside and holds nothing up',
    cancel: 'stopped in the midst of its mails, it settles the one under way and leaves the others',
    '10 MB': 'an attachment of 10 MB comes whole',
  },
  'mllp.listen': {
    happy: 'a message is handed in as text with its charset, type and keys, and acknowledged by name',
    slow: 'a sender that takes no ACKs is cut off after a while, and the others go on',
    'half-open': 'a half-open connection with half a message is closed, and an idle one later',
    refusal: 'a message refused for wrong content gets AE',
    duplicate: 'a duplicate is acknowledged like the first',
    cancel: 'stopping waits for what was handed in only so long',
    '10 MB': 'a message of 10 MB is taken whole',
  },
  'mllp.send': {
    happy: 'a message is sent under a control id of its idempotency key and its ACK is emitted',
    slow: 'a slow hospital is an unknown outcome, and its late ACK meets no other message',
    'half-open': 'a half-open connection is an unknown outcome within the time-out',
    refusal: 'a refusal is an input error without the words of the other side, or transient where configured',
    duplicate: 'a retry carries the same control id, another step another',
    cancel: 'a cancel before sending is transient, after sending an unknown outcome',
    '10 MB': 'a message of 10 MB is sent whole',
  },
  'soap.call': {
    happy: 'writes a 1.1 request and emits the data of the answer, every value as text',
    slow: 'a slow peer within the limit is waited for',
    'half-open': 'a peer that never answers, or stalls half-way, leaves the write unknown',
    refusal: 'faults of both versions are errors, or leave by their own port with reason and detail',
    duplicate: 'a second run carries the same idempotency key',
    cancel: 'a cancel half-way ends the connection',
    '10 MB': 'carries 10 MB there and back',
  },
  'timer.schedule': {
    happy: 'hands each planned instant in once, with the instant as dedupe key',
    slow: 'a slow run skips instants instead of heaping them up',
    refusal: 'a refused instant is handed in again, under the same key',
    duplicate: 'a restart right after an instant does not repeat it',
    cancel: 'hands nothing in once it is stopped, and waits for what is under way',
  },
  'transform.map': {
    happy: 'gives the mapped data as JSON and keeps the rest of the message',
    refusal: 'refuses data that lacks a required source, naming the rule',
    '10 MB': 'carries 10 MB from one place to another',
  },
  'transform.set': {
    happy: 'sets fields, headers and keys in order and leaves the message it got as it was',
    refusal: 'refuses shapes that clash and structures in headers',
    '10 MB': 'sets a field beside 10 MB, and takes 10 MB as the whole data',
  },
  'xml.parse': {
    happy: 'turns elements, attributes and repetition into data, and leaves every value text',
    refusal: 'refuses what is not well-formed, too deep, or named to do harm',
    cancel: 'a cancel ends the wait for a large payload',
    '10 MB': 'parses 10 MB in a thread',
  },
  'xml.serialise': {
    happy: 'writes attributes, text, repetition and escapes',
    refusal: 'refuses what XML cannot carry, with its path',
    cancel: '10 MB are written while others go on, a cancel ends it, and errors are told as usual',
    '10 MB': '10 MB are written while others go on, a cancel ends it, and errors are told as usual',
  },
};
