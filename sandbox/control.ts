/**
 * The page's server: its files, the calls its buttons make, and the live news. See "the page's talk" in
 * interface.ts. It can start and kill processes, so it answers only to this machine, to its own address,
 * and to its own page: another site open in the same browser gets 403.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { WebSocket, WebSocketServer } from 'ws';
import { BotKeeper } from './bot-keeper.ts';
import type { BotOptions } from './bot.ts';
import { readCommand, readDuration, readFiles, readModalValues, readObject, readSize } from './control-body.ts';
import { readText, type Body } from './control-body.ts';
import type { StartedGemini } from './gemini/index.ts';
import type { BotStatus, ControlCalls, DiscordChange, PageEvent, PageSnapshot } from './interface.ts';
import type { RecordedRequest, SandboxDiscord, SandboxMessage } from './interface.ts';
import { PageFaults } from './page-faults.ts';
import { addPageFiles } from './page-files.ts';
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
    addPageFiles(server, this.#discord.guilds);
    for (const [path, handle] of Object.entries(this.#calls())) {
      server.post(`/control/${path}`, async (request) => (await handle(readObject(request.body))) ?? {});
    }
    return server;
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
      post: async (body) => {
        const userId = readText(body, 'userId');
        const channelId = readText(body, 'channelId');
        await discord.postAsMember({
          userId,
          channelId,
          content: readText(body, 'content'),
          files: readFiles(body.files),
        });
      },
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
        this.#renewLinks();
      },
      pace: (body) => {
        this.#pace = { queueMs: readDuration(body, 'queueMs'), workMs: readDuration(body, 'workMs') };
        this.#replicate.setPace(this.#pace);
        this.#gemini.setPace(geminiPace(this.#pace));
        this.#send({ type: 'pace', pace: this.#pace });
      },
      'upload-limit': (body) => {
        discord.setAttachmentSizeLimit(readText(body, 'guildId'), readSize(body, 'bytes'));
        this.#send({ type: 'upload-limits', uploadLimits: this.#uploadLimits() });
      },
      'links/end': () => {
        discord.endLinks();
        this.#renewLinks();
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
      uploadLimits: this.#uploadLimits(),
    };
  }

  /** As Discord's own client does when its addresses are over: the pages get new ones, bots do not. */
  #renewLinks(): void {
    this.#send(this.#snapshot());
  }

  #uploadLimits(): PageSnapshot['uploadLimits'] {
    return Object.fromEntries(this.#discord.guilds.map(({ id }) => [id, this.#discord.attachmentSizeLimit(id)]));
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
