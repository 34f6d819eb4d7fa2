/**
 * One connection of MQTT 5, on the packets of `mqtt-packet`. The usual client handles a message only after the one
 * before it was acknowledged, and connects again by itself; here many wait for the store, and the trigger connects.
 */
import type { Socket } from 'node:net';
import { generate, parser, type IConnackPacket, type Packet } from 'mqtt-packet';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import type { Server, Target } from './broker.ts';
import { firstServer, joinWrites, openSocket } from './connect.ts';
import { connectFailed, connectionLost, destinationUnknown, loginRefused, notTaken, refused, stopped, tooLarge } from './errors.ts';
import { endedInTime, within } from './within.ts';

const VERSION = 5;
/** The other side must send something within twice this time, else the connection is lost. */
const KEEP_ALIVE_SEC = 10;
const MAX_PACKET_BYTES = 128 * 1024 * 1024;

/** Reason codes of MQTT 5, section 2.4. */
const NO_SUBSCRIBER = 0x10;
const FIRST_ERROR = 0x80;
const LOGIN_CODES = [0x86, 0x87, 0x8c];
const NOT_AUTHORIZED = 0x87;
const TOPIC_INVALID = [0x8f, 0x90];
const PACKET_TOO_LARGE = 0x95;

export interface SessionOptions {
  readonly clientId: string;
  /** How long the broker keeps subscriptions and messages while nobody is connected; 0: not at all. */
  readonly keepSeconds: number;
  /** Most messages that the broker sends without their acknowledgement. */
  readonly window: number;
  readonly onPacket: (packet: Packet) => void;
}

export function openMqtt(target: Target, options: SessionOptions): Promise<MqttConnection> {
  return firstServer(target, async (server) => {
    const socket = await openSocket(target, server);
    const connection = new MqttConnection(socket, target, options.onPacket);
    try {
      await within(target.clock, target.connectTimeoutMs, connection.login(server, options));
      return connection;
    } catch (cause) {
      connection.destroy();
      throw target.signal?.aborted ? stopped() : connectFailed(server, cause);
    }
  });
}

export class MqttConnection {
  readonly #socket: Socket;
  readonly #target: Target;
  readonly #lost = Promise.withResolvers<AppError>();
  readonly #welcomed = Promise.withResolvers<IConnackPacket>();
  #isOpen = true;
  #hasHeard = true;
  #isPaused = false;
  #cancelBeat = () => {};
  /** What the broker accepts: messages at once, bytes of a packet. */
  limits = { messages: 65_535, bytes: MAX_PACKET_BYTES };

  constructor(socket: Socket, target: Target, onPacket: (packet: Packet) => void) {
    this.#socket = socket;
    this.#target = target;
    joinWrites(socket);
    const packets = parser({ protocolVersion: VERSION });
    packets.on('packet', (packet) => this.#receive(packet, onPacket));
    packets.on('error', (error) => this.#end(error));
    socket.on('data', (data) => {
      this.#hasHeard = true;
      packets.parse(data);
    });
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('the other side closed the connection')));
    this.#welcomed.promise.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves when the connection is lost or closed. */
  get lost(): Promise<AppError> {
    return this.#lost.promise;
  }

  async login({ host, port }: Server, { clientId, keepSeconds, window }: SessionOptions): Promise<void> {
    const { login } = this.#target;
    this.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: VERSION,
      clientId,
      clean: keepSeconds === 0,
      keepalive: KEEP_ALIVE_SEC,
      ...(login === undefined ? {} : { username: login.user, password: Buffer.from(login.password) }),
      properties: { sessionExpiryInterval: keepSeconds, receiveMaximum: window, maximumPacketSize: MAX_PACKET_BYTES },
    });
    const { reasonCode = 0, returnCode = 0, properties = {} } = await this.#welcomed.promise;
    const code = reasonCode || returnCode;
    if (LOGIN_CODES.includes(code)) throw loginRefused('password', new Error(`reason ${code}`));
    if (code !== 0) throw connectFailed({ host, port }, new Error(`the broker refuses the connection, reason ${code}`));
    if (properties.maximumQoS === 0) throw connectFailed({ host, port }, new Error('the broker confirms no messages'));
    this.limits = { messages: properties.receiveMaximum ?? 65_535, bytes: properties.maximumPacketSize ?? MAX_PACKET_BYTES };
    this.#beat();
  }

  send(packet: Packet): void {
    if (this.#isOpen) this.#socket.write(generate(packet, { protocolVersion: VERSION }));
  }

  /** Reads nothing more until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Waits until the broker has everything that was written. Never rejects. */
  async close(): Promise<void> {
    this.send({ cmd: 'disconnect', reasonCode: 0 });
    this.#socket.end();
    this.#socket.resume();
    await endedInTime(this.#target.clock, this.lost);
    this.destroy();
  }

  destroy(): void {
    this.#end(new Error('closed'));
    this.#socket.destroy();
  }

  #receive(packet: Packet, onPacket: (packet: Packet) => void): void {
    if (packet.cmd === 'connack') return this.#welcomed.resolve(packet);
    if (packet.cmd === 'disconnect') return this.#end(new Error(`the broker closed the connection, reason ${packet.reasonCode ?? 0}`));
    return onPacket(packet);
  }

  #beat(): void {
    this.#cancelBeat = this.#target.clock.after(KEEP_ALIVE_SEC * 1000, () => {
      if (!this.#hasHeard && !this.#isPaused) return this.destroy();
      this.#hasHeard = false;
      this.send({ cmd: 'pingreq' });
      return this.#beat();
    });
  }

  #end(cause: unknown): void {
    this.#isOpen = false;
    this.#cancelBeat();
    this.#welcomed.reject(cause);
    this.#lost.resolve(connectionLost(cause));
  }
}

/** Returns the error for a reason of the broker; undefined if it has stored the message. */
export function mqttFailed(destination: string, code: number): AppError | undefined {
  const cause = new Error(`reason ${code}`);
  if (code === NO_SUBSCRIBER) return destinationUnknown(destination, 'unroutable', cause);
  if (code < FIRST_ERROR) return undefined;
  if (code === NOT_AUTHORIZED || TOPIC_INVALID.includes(code)) return refused(destination, code, cause);
  if (code === PACKET_TOO_LARGE) return tooLarge(cause);
  return notTaken(`reason ${code}`, cause);
}
