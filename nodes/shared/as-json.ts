import { withData, type Message } from '../../engine/contract/values/message.ts';

/** Returns the message with other data, which is no longer in the charset of the request. */
export function asJson(message: Message, data: unknown): Message {
  const { charset: _request, ...rest } = withData(message, data, 'application/json');
  return rest;
}
