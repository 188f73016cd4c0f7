/**
 * The gateway: one session for each IDENTIFY. A session outlives its connection for a while, keeps what
 * it missed, and gives it out in order when it is resumed. Heartbeats run on real time.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayCloseCodes as Close, GatewayIntentBits as Intents, GatewayOpcodes as Op } from 'discord-api-types/v10';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import type { SandboxClock } from '../interface.ts';
import type { IdentifyBudget } from './identify-budget.ts';
import { APPLICATION_ID, GUILDS, toApiUser, toGuildCreate, USERS } from './world.ts';

const HEARTBEAT_INTERVAL_MS = 41_250;
/** Discord gives a late heartbeat some grace; the amount is not documented. */
const HEARTBEAT_GRACE = 1.5;
/** "A few minutes" in Discord's words. */
const RESUMABLE_MS = 5 * 60_000;
const MOST_KEPT_EVENTS = 1_000;
const LARGEST_PAYLOAD_BYTES = 4_096;
const SENDS = { limit: 120, windowMs: 60_000 };
/** Intents 0 to 16, 20, 21, 24 and 25. */
const ALL_INTENTS = 0x1ffff | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);
/** Nobody switched these on for the application. */
const PRIVILEGED_INTENTS = Intents.GuildMembers | Intents.GuildPresences | Intents.MessageContent;

interface KeptEvent {
  sequence: number;
  text: string;
}

interface Session {
  readonly id: string;
  readonly intents: number;
  readonly shard: readonly [number, number];
  sequence: number;
  events: KeptEvent[];
  connection: Connection | null;
  /** Sandbox clock; null while connected. */
  disconnectedAt: number | null;
}

interface Connection {
  readonly socket: WebSocket;
  session: Session | null;
  heartbeat: NodeJS.Timeout | null;
  sends: { startedAt: number; count: number };
}

interface GatewayParts {
  clock: SandboxClock;
  token: string;
  identifies: IdentifyBudget;
  onConnectedChange: (isConnected: boolean) => void;
}

export class Gateway {
  readonly #parts: GatewayParts;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sessions = new Map<string, Session>();
  readonly #connections = new Set<Connection>();
  #url = '';
  #isTokenReset = false;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  /** Takes the WebSocket upgrades of the HTTP server. */
  attach(server: Server, url: string): void {
    this.#url = url;
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** GET /gateway/bot. */
  describe(): Record<string, unknown> {
    return { url: this.#url, shards: 1, session_start_limit: this.#parts.identifies.describe() };
  }

  get url(): string {
    return this.#url;
  }

  isConnected(): boolean {
    return [...this.#sessions.values()].some((session) => session.connection !== null);
  }

  /** Is there anyone to whom an event goes, now or when they resume? */
  hasSession(): boolean {
    this.#forgetExpired();
    return this.#sessions.size > 0;
  }

  /** Sends an event of a server to every session that is of its shard and asked for it (`intent` 0: everyone). */
  dispatch(event: string, data: unknown, guildId: string, intent: number): void {
    this.#forgetExpired();
    for (const session of this.#sessions.values()) {
      const [shard, count] = session.shard;
      const isOfShard = (BigInt(guildId) >> 22n) % BigInt(count) === BigInt(shard);
      const wantsIt = intent === 0 || (session.intents & intent) !== 0;
      if (isOfShard && wantsIt) this.#dispatchTo(session, event, data);
    }
  }

  /** Ends every connection: so that it can be resumed, or with its session (4009). */
  drop(isResumable: boolean): void {
    for (const connection of this.#connections) {
      if (!isResumable && connection.session) this.#sessions.delete(connection.session.id);
      connection.socket.close(isResumable ? Close.UnknownError : Close.SessionTimedOut);
      this.#release(connection);
    }
    if (!isResumable) this.#sessions.clear();
  }

  /** Opcode 9: the session is over, the connection stands. */
  invalidate(): void {
    for (const connection of this.#connections) {
      const { session } = connection;
      if (!session) continue;
      this.#sessions.delete(session.id);
      connection.session = null;
      send(connection, { op: Op.InvalidSession, d: false, s: null, t: null });
    }
    this.#parts.onConnectedChange(this.isConnected());
  }

  /** With `Bot ` before it or without. */
  isToken(token: unknown): boolean {
    const isRight = typeof token === 'string' && token.replace(/^Bot /u, '') === this.#parts.token;
    return isRight && !this.#isTokenReset;
  }

  close(): void {
    for (const connection of this.#connections) this.#release(connection);
    // Also those that were told to close and have not answered yet.
    for (const socket of this.#server.clients) socket.terminate();
    this.#sessions.clear();
    this.#server.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://gateway.invalid');
    if (url.pathname.replace(/\/$/u, '') !== '/gateway') {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, url.searchParams));
  }

  #open(socket: WebSocket, query: URLSearchParams): void {
    // A connection that breaks closes as well, and `close` is where that is dealt with.
    socket.on('error', () => undefined);
    if ((query.get('v') ?? '10') !== '10')
      return socket.close(Close.InvalidAPIVersion, 'Invalid API version specified.');
    if ((query.get('encoding') ?? 'json') !== 'json' || query.has('compress')) {
      return socket.close(Close.DecodeError, 'The sandbox speaks JSON without compression.');
    }
    const connection: Connection = {
      socket,
      session: null,
      heartbeat: null,
      sends: { startedAt: Date.now(), count: 0 },
    };
    this.#connections.add(connection);
    socket.on('message', (data, isBinary) => this.#receive(connection, data, isBinary));
    socket.on('close', (code) => this.#closed(connection, code));
    send(connection, { op: Op.Hello, d: { heartbeat_interval: HEARTBEAT_INTERVAL_MS }, s: null, t: null });
    this.#expectHeartbeat(connection);
  }

  #expectHeartbeat(connection: Connection): void {
    if (connection.heartbeat) clearTimeout(connection.heartbeat);
    connection.heartbeat = setTimeout(
      () => connection.socket.close(Close.SessionTimedOut, 'Session timed out.'),
      HEARTBEAT_INTERVAL_MS * HEARTBEAT_GRACE,
    );
  }

  #receive(connection: Connection, data: RawData, isBinary: boolean): void {
    if (isTooFast(connection)) return connection.socket.close(Close.RateLimited, 'Rate limited.');
    const text = rawToString(data);
    const payload = isBinary || Buffer.byteLength(text) > LARGEST_PAYLOAD_BYTES ? undefined : parsePayload(text);
    if (!payload) return connection.socket.close(Close.DecodeError, 'Error while decoding payload.');
    switch (payload.op) {
      case Op.Heartbeat:
        this.#expectHeartbeat(connection);
        return send(connection, { op: Op.HeartbeatAck, d: null, s: null, t: null });
      case Op.Identify:
        return this.#identify(connection, payload.d);
      case Op.Resume:
        return this.#resume(connection, payload.d);
      case Op.PresenceUpdate:
      case Op.VoiceStateUpdate:
      case Op.RequestGuildMembers:
        if (!connection.session) connection.socket.close(Close.NotAuthenticated, 'Not authenticated.');
        return;
      default:
        return connection.socket.close(Close.UnknownOpcode, 'Unknown opcode.');
    }
  }

  #identify(connection: Connection, data: Record<string, unknown>): void {
    const { socket } = connection;
    if (connection.session) return socket.close(Close.AlreadyAuthenticated, 'Already authenticated.');
    if (!this.isToken(data['token'])) return socket.close(Close.AuthenticationFailed, 'Authentication failed.');
    const intents = data['intents'];
    if (typeof intents !== 'number' || !Number.isInteger(intents) || (intents & ~ALL_INTENTS) !== 0 || intents < 0) {
      return socket.close(Close.InvalidIntents, 'Invalid intent(s).');
    }
    if ((intents & PRIVILEGED_INTENTS) !== 0) return socket.close(Close.DisallowedIntents, 'Disallowed intent(s).');
    const shard = parseShard(data['shard']);
    if (!shard) return socket.close(Close.InvalidShard, 'Invalid shard.');
    const taken = this.#parts.identifies.take();
    if (taken === 'too-soon') return send(connection, { op: Op.InvalidSession, d: false, s: null, t: null });
    if (taken === 'too-many') return this.#resetToken();
    const id = randomBytes(16).toString('hex');
    const session: Session = { id, intents, shard, sequence: 0, events: [], connection, disconnectedAt: null };
    this.#sessions.set(id, session);
    connection.session = session;
    this.#greet(session);
    this.#parts.onConnectedChange(true);
  }

  /** Whoever goes over the day's limit loses every session, and the token (events/gateway, "Identifying"). */
  #resetToken(): void {
    this.#isTokenReset = true;
    this.#sessions.clear();
    for (const connection of this.#connections) {
      connection.session = null;
      connection.socket.close(Close.AuthenticationFailed, 'Authentication failed.');
    }
    this.#parts.onConnectedChange(false);
  }

  #greet(session: Session): void {
    const [shard, count] = session.shard;
    const guilds = GUILDS.filter((guild) => (BigInt(guild.id) >> 22n) % BigInt(count) === BigInt(shard));
    this.#dispatchTo(session, 'READY', {
      v: 10,
      user: { ...toApiUser(USERS.bot), verified: true, mfa_enabled: false, email: null, flags: 0 },
      guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
      session_id: session.id,
      session_type: 'normal',
      resume_gateway_url: this.#url,
      shard: session.shard,
      application: { id: APPLICATION_ID, flags: 0 },
      user_settings: {},
      relationships: [],
      private_channels: [],
      presences: [],
      guild_join_requests: [],
      geo_ordered_rtc_regions: [],
    });
    if ((session.intents & Intents.Guilds) === 0) return;
    for (const guild of guilds) this.#dispatchTo(session, 'GUILD_CREATE', toGuildCreate(guild));
  }

  #resume(connection: Connection, data: Record<string, unknown>): void {
    const { socket } = connection;
    if (connection.session) return socket.close(Close.AlreadyAuthenticated, 'Already authenticated.');
    if (!this.isToken(data['token'])) return socket.close(Close.AuthenticationFailed, 'Authentication failed.');
    this.#forgetExpired();
    const session = this.#sessions.get(String(data['session_id']));
    const sequence = data['seq'];
    if (!session) return send(connection, { op: Op.InvalidSession, d: false, s: null, t: null });
    if (typeof sequence !== 'number' || sequence > session.sequence)
      return socket.close(Close.InvalidSeq, 'Invalid seq.');
    const oldest = session.events[0]?.sequence ?? session.sequence + 1;
    if (sequence < session.sequence && oldest > sequence + 1) {
      this.#sessions.delete(session.id);
      return send(connection, { op: Op.InvalidSession, d: false, s: null, t: null });
    }
    const former = session.connection;
    session.connection = connection;
    session.disconnectedAt = null;
    connection.session = session;
    if (former) {
      former.session = null;
      former.socket.close(Close.UnknownError);
    }
    for (const event of session.events.filter((kept) => kept.sequence > sequence)) socket.send(event.text);
    this.#dispatchTo(session, 'RESUMED', {});
    this.#parts.onConnectedChange(true);
  }

  #dispatchTo(session: Session, event: string, data: unknown): void {
    session.sequence += 1;
    const text = JSON.stringify({ op: Op.Dispatch, d: data, s: session.sequence, t: event });
    session.events.push({ sequence: session.sequence, text });
    if (session.events.length > MOST_KEPT_EVENTS) session.events.shift();
    session.connection?.socket.send(text);
  }

  /** Codes 1000 and 1001 end the session; after any other it can be resumed. */
  #closed(connection: Connection, code: number): void {
    const { session } = connection;
    const isOver = code === 1000 || code === 1001 || code === Close.SessionTimedOut;
    if (session && isOver) this.#sessions.delete(session.id);
    this.#release(connection);
  }

  #release(connection: Connection): void {
    if (connection.heartbeat) clearTimeout(connection.heartbeat);
    connection.heartbeat = null;
    this.#connections.delete(connection);
    const { session } = connection;
    if (!session) return;
    connection.session = null;
    session.connection = null;
    session.disconnectedAt = this.#parts.clock.now();
    this.#parts.onConnectedChange(this.isConnected());
  }

  #forgetExpired(): void {
    const now = this.#parts.clock.now();
    for (const session of this.#sessions.values()) {
      if (session.disconnectedAt !== null && now - session.disconnectedAt > RESUMABLE_MS)
        this.#sessions.delete(session.id);
    }
  }
}

interface Payload {
  op: number;
  d: Record<string, unknown>;
}

function parsePayload(text: string): Payload | undefined {
  try {
    const payload = JSON.parse(text) as { op?: unknown; d?: unknown } | null;
    if (typeof payload?.op !== 'number') return undefined;
    return {
      op: payload.op,
      d: typeof payload.d === 'object' && payload.d !== null ? (payload.d as Record<string, unknown>) : {},
    };
  } catch {
    return undefined;
  }
}

function parseShard(value: unknown): [number, number] | undefined {
  if (value === undefined) return [0, 1];
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [shard, count] = value as unknown[];
  if (!Number.isInteger(shard) || !Number.isInteger(count)) return undefined;
  const [id, total] = [Number(shard), Number(count)];
  return id >= 0 && total >= 1 && id < total ? [id, total] : undefined;
}

function rawToString(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}

function isTooFast(connection: Connection): boolean {
  const now = Date.now();
  if (now - connection.sends.startedAt > SENDS.windowMs) connection.sends = { startedAt: now, count: 0 };
  connection.sends.count += 1;
  return connection.sends.count > SENDS.limit;
}

function send(connection: Connection, payload: unknown): void {
  connection.socket.send(JSON.stringify(payload));
}
