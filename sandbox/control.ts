/**
 * The page's server: its files, the calls its buttons make, and the live news. See "the page's talk" in
 * interface.ts. It can start and kill processes, so it answers only to this machine, to its own address,
 * and to its own page: another site open in the same browser gets 403.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join, normalize } from 'node:path';
import type { Duplex } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { WebSocket, WebSocketServer } from 'ws';
import { BotKeeper } from './bot-keeper.ts';
import type { BotOptions } from './bot.ts';
import { readCommand, readDuration, readModalValues, readObject, readText, type Body } from './control-body.ts';
import { toApiRoles } from './discord/world.ts';
import type { StartedGemini } from './gemini/index.ts';
import type { BotStatus, ControlCalls, DiscordChange, PageEvent, PageSnapshot } from './interface.ts';
import type { RecordedRequest, SandboxDiscord, SandboxMessage } from './interface.ts';
import { packageRoot } from './package-root.ts';
import { PageFaults } from './page-faults.ts';
import type { StartedReplicate } from './replicate/index.ts';
import { shortenTexts } from './short-body.ts';

export interface ControlOptions {
  /** 0, the default, lets the system pick. */
  port?: number;
  discord: SandboxDiscord;
  replicate: StartedReplicate;
  gemini: StartedGemini;
  /** How the bot is started; nothing starts it before `startBot`. */
  bot: BotOptions;
  /** The pace that the vendors were started with; left out: their default. */
  pace?: PageSnapshot['pace'];
}

export interface Control {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  startBot(): void;
  botStatus(): BotStatus;
  /** Ends the bot too. */
  close(): Promise<void>;
}

/** A page that reads slower than this much news is disconnected; it connects again and gets a snapshot. */
const LONGEST_BACKLOG_BYTES = 16 * 1024 * 1024;
/** Ten files of 10 MiB in base64, the most that a modal takes, and a little for the rest. */
const LARGEST_BODY_BYTES = 140 * 1024 * 1024;
/** Replicate's, where nothing else was asked for (sandbox/replicate/index.ts). */
const DEFAULT_PACE: PageSnapshot['pace'] = { queueMs: 1_000, workMs: 4_000 };

const VENDOR_FILES: Record<string, string> = {
  'preact.mjs': 'dist/preact.mjs',
  'hooks.mjs': 'hooks/dist/hooks.mjs',
  'jsx-runtime.mjs': 'jsx-runtime/dist/jsxRuntime.mjs',
};

const CONTENT_TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  map: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Starts it on 127.0.0.1. Rejects with the system's error (`EADDRINUSE`) when the port is taken. */
export async function startControl(options: ControlOptions): Promise<Control> {
  const server = new ControlServer(options);
  await server.listen(options.port ?? 0);
  return server;
}

class ControlServer implements Control {
  readonly #discord: SandboxDiscord;
  readonly #replicate: StartedReplicate;
  readonly #gemini: StartedGemini;
  readonly #bot: BotKeeper;
  readonly #faults: PageFaults;
  readonly #server: FastifyInstance;
  readonly #live = new WebSocketServer({ noServer: true, maxPayload: 1024 });
  readonly #stopListening: (() => void)[];
  #pace: PageSnapshot['pace'];
  #url = '';

  constructor({ discord, replicate, gemini, bot, pace = DEFAULT_PACE }: ControlOptions) {
    this.#pace = pace;
    this.#discord = discord;
    this.#replicate = replicate;
    this.#gemini = gemini;
    this.#bot = new BotKeeper(bot, discord, () => this.#send({ type: 'bot', bot: this.#bot.status() }));
    this.#faults = new PageFaults({ discord, replicate, gemini });
    this.#server = this.#buildServer();
    this.#stopListening = [
      discord.onChange((change) => this.#tellDiscordChange(change)),
      replicate.onChange((request) => this.#tellVendorRequest('replicate', request)),
      gemini.onChange((request) => this.#tellVendorRequest('gemini', request)),
    ];
  }

  get url(): string {
    return this.#url;
  }

  startBot(): void {
    this.#bot.start();
  }

  botStatus(): BotStatus {
    return this.#bot.status();
  }

  async listen(port: number): Promise<void> {
    this.#server.server.on('upgrade', (request, socket, head) => this.#openLive(request, socket, head));
    this.#url = await this.#server.listen({ host: '127.0.0.1', port });
  }

  async close(): Promise<void> {
    await this.#bot.close();
    for (const stop of this.#stopListening) stop();
    for (const client of this.#live.clients) client.terminate();
    this.#live.close();
    await this.#server.close();
  }

  #buildServer(): FastifyInstance {
    const server = Fastify({ forceCloseConnections: true, bodyLimit: LARGEST_BODY_BYTES });
    // A form on another site can send text, but not JSON.
    server.removeContentTypeParser('text/plain');
    server.addHook('onRequest', async (request, reply) => {
      if (!this.#isOwn(request.raw)) return reply.code(403).send({ error: `This page answers only at ${this.#url}.` });
      return undefined;
    });
    server.setErrorHandler((error, _request, reply) => {
      void reply.code(400).send({ error: error instanceof Error ? error.message : String(error) });
    });
    this.#addFileRoutes(server);
    for (const [path, handle] of Object.entries(this.#calls())) {
      server.post(`/control/${path}`, async (request) => (await handle(readObject(request.body))) ?? {});
    }
    return server;
  }

  #addFileRoutes(server: FastifyInstance): void {
    const page = join(packageRoot, 'sandbox', 'page');
    const compiledPage = join(packageRoot, 'dist', 'sandbox', 'page');
    const vendor = join(packageRoot, 'node_modules', 'preact');
    addFile(server, '/', page, () => 'index.html');
    addFile(server, '/styles/*', join(page, 'styles'), (name) => (/^[a-z-]+\.css$/.test(name) ? name : undefined));
    addFile(server, '/page/*', compiledPage, (name) =>
      /^[\w/-]+(\.[\w-]+)*\.js(\.map)?$/.test(name) ? name : undefined,
    );
    addFile(server, '/vendor/*', vendor, (name) => VENDOR_FILES[name]);
    server.get('/roles.json', () => this.#roles());
  }

  /** What each button does. A thrown error's message is what the page shows. */
  #calls(): Record<keyof ControlCalls, (body: Body) => unknown> {
    const discord = this.#discord;
    return {
      command: (body) => discord.runCommand(readCommand(body)),
      'message-command': (body) =>
        discord.runMessageCommand({
          userId: readText(body, 'userId'),
          messageId: readText(body, 'messageId'),
          name: readText(body, 'name'),
        }),
      press: (body) =>
        discord.press({
          userId: readText(body, 'userId'),
          messageId: readText(body, 'messageId'),
          customId: readText(body, 'customId'),
          ...(Array.isArray(body.values) ? { values: body.values.map(String) } : {}),
        }),
      modal: (body) =>
        discord.submitModal({
          userId: readText(body, 'userId'),
          interactionId: readText(body, 'interactionId'),
          customId: readText(body, 'customId'),
          values: readModalValues(body.values),
        }),
      autocomplete: (body) => discord.autocomplete({ ...readCommand(body), focused: readText(body, 'focused') }),
      'bot/kill': () => this.#bot.kill(),
      'bot/start': () => this.#bot.start(),
      fault: (body) => {
        this.#faults.add(readText(body, 'id'));
        this.#tellFaults();
      },
      'faults/clear': () => {
        this.#faults.clear();
        this.#tellFaults();
      },
      clock: (body) => {
        discord.clock.advance(readDuration(body, 'advanceMs'));
        this.#send({ type: 'clock', clockOffsetMs: this.#clockOffsetMs() });
      },
      pace: (body) => {
        this.#pace = { queueMs: readDuration(body, 'queueMs'), workMs: readDuration(body, 'workMs') };
        this.#replicate.setPace(this.#pace);
        this.#gemini.setPace(geminiPace(this.#pace));
        this.#send({ type: 'pace', pace: this.#pace });
      },
    };
  }

  /** Whether a request was sent to our address and, where a browser says it, by our page. */
  #isOwn({ headers }: IncomingMessage): boolean {
    const port = new URL(this.#url).port;
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    const isOwnOrigin = headers.origin === undefined || hosts.some((host) => headers.origin === `http://${host}`);
    return hosts.includes(headers.host ?? '') && isOwnOrigin;
  }

  #openLive(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.url !== '/live' || !this.#isOwn(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#live.handleUpgrade(request, socket, head, (client) => {
      // A page that went away needs no news; `close` takes it off the list.
      client.on('error', () => client.terminate());
      client.send(JSON.stringify(this.#snapshot()));
    });
  }

  #snapshot(): PageSnapshot {
    return {
      type: 'snapshot',
      guilds: [...this.#discord.guilds],
      users: Object.values(this.#discord.users),
      commands: this.#commands(),
      messages: this.#messages(),
      bot: this.#bot.status(),
      clockOffsetMs: this.#clockOffsetMs(),
      faults: this.#faults.list(),
      pace: this.#pace,
    };
  }

  /** By server id: what a menu of roles offers and a mention of one is called. They never change. */
  #roles(): Record<string, { id: string; name: string }[]> {
    return Object.fromEntries(
      this.#discord.guilds.map(({ id }) => [id, toApiRoles(id).map((role) => ({ id: role.id, name: role.name }))]),
    );
  }

  #commands(): PageSnapshot['commands'] {
    return Object.fromEntries(this.#discord.guilds.map((guild) => [guild.id, this.#discord.commands(guild.id)]));
  }

  /** Every message that any user sees, oldest first within its channel. */
  #messages(): SandboxMessage[] {
    const found = new Map<string, SandboxMessage>();
    for (const channel of this.#discord.guilds.flatMap((guild) => guild.channels)) {
      for (const user of Object.values(this.#discord.users)) {
        for (const message of this.#discord.messages(channel.id, user.id)) found.set(message.message.id, message);
      }
    }
    // Ids are snowflakes: in order of time.
    return [...found.values()].sort((one, other) => (BigInt(one.message.id) < BigInt(other.message.id) ? -1 : 1));
  }

  #clockOffsetMs(): number {
    return Math.max(0, this.#discord.clock.now() - Date.now());
  }

  #tellDiscordChange(change: DiscordChange): void {
    switch (change.type) {
      case 'commands':
        return this.#send({ type: 'commands', commands: this.#commands() });
      case 'bot-connected':
        return this.#send({ type: 'bot', bot: this.#bot.status() });
      case 'request':
        this.#send({ type: 'request', to: 'discord', request: change.request });
        if (this.#faults.noteDiscordRequest(change.request)) this.#tellFaults();
        return undefined;
      default:
        return this.#send(change);
    }
  }

  #tellVendorRequest(to: 'replicate' | 'gemini', request: RecordedRequest): void {
    this.#send({ type: 'request', to, request: { ...request, body: shortenTexts(request.body) } });
    this.#tellFaults();
  }

  #tellFaults(): void {
    this.#send({ type: 'faults', faults: this.#faults.list() });
  }

  #send(event: PageEvent): void {
    const text = JSON.stringify(event);
    for (const client of this.#live.clients) {
      if (client.readyState !== WebSocket.OPEN) continue;
      if (client.bufferedAmount > LONGEST_BACKLOG_BYTES) client.terminate();
      else client.send(text);
    }
  }
}

/** An image takes about 3 s where the work of a prediction takes 4. */
export function geminiPace(pace: PageSnapshot['pace']): Parameters<StartedGemini['setPace']>[0] {
  return { ...pace, imageMs: pace.workMs * 0.75 };
}

/** Serves files of one folder; `choose` turns the rest of the path into a name in it, or undefined for 404. */
function addFile(
  server: FastifyInstance,
  route: string,
  folder: string,
  choose: (name: string) => string | undefined,
): void {
  server.get<{ Params: { '*'?: string } }>(route, async (request, reply) => {
    const name = choose(request.params['*'] ?? '');
    const bytes = name === undefined ? null : await readFile(join(folder, normalize(name))).catch(() => null);
    if (name === undefined || bytes === null) return reply.code(404).send({ error: `There is no ${request.url}.` });
    const extension = name.slice(name.lastIndexOf('.') + 1);
    // Rebuilt while people look at it: never an old copy.
    return reply
      .header('cache-control', 'no-store')
      .type(CONTENT_TYPES[extension] ?? 'application/octet-stream')
      .send(bytes);
  });
}
