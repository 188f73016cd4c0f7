/** The real bot as a process beside the sandbox, and the words of a person who uses it. */
import assert from 'node:assert/strict';
import { after, type TestContext } from 'node:test';
import type { APIMessage } from 'discord-api-types/v10';
import { parseLog, startBot } from '../../sandbox/bot.ts';
import type {
  BotProcess,
  CommandOptions,
  InteractionOutcome,
  RecordedRequest,
  SandboxGeneration,
  SandboxMessage,
  SandboxPrediction,
} from '../../sandbox/interface.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';

const PEOPLE = ['member', 'member2', 'moderator', 'outsider'] as const;
export type Person = (typeof PEOPLE)[number];

export interface Pace {
  queueMs: number;
  workMs: number;
}

export interface WorldOptions {
  env?: Record<string, string>;
  pace?: Pace;
  /** What Replicate gives for every picture. */
  picture?: { bytes: Buffer; mimeType: string };
}

/** Retries that do not make a test wait: the doubling itself is tested with a moved clock. */
const FAST = { RETRY_BASE_SECONDS: '0.05', RETRY_MAX_SECONDS: '0.2', LOG_LEVEL: 'debug' };
const PACE = { queueMs: 50, workMs: 300 };
/** Far above what anything here takes; reached only when something never happens. */
const WAIT_MS = 30_000;

/** What was there before a test that shares its world. */
interface Before {
  predictions: number;
  generations: number;
  /** The last one. */
  request: RecordedRequest | undefined;
  /** Lines of that process; one that was started later has none from before. */
  lines: number;
  bot: BotProcess | null;
  messageIds: ReadonlySet<string>;
}

const NOTHING: Before = {
  predictions: 0,
  generations: 0,
  request: undefined,
  lines: 0,
  bot: null,
  messageIds: new Set(),
};

export class World {
  readonly sandbox: Sandbox;
  bot: BotProcess;
  /** The bot's settings. */
  readonly env: Readonly<Record<string, string>>;
  readonly #pace: Pace;
  #before = NOTHING;

  constructor(sandbox: Sandbox, env: Record<string, string>, bot: BotProcess, pace = PACE) {
    this.sandbox = sandbox;
    this.env = env;
    this.bot = bot;
    this.#pace = pace;
  }

  /** Starts everything and ends it with the test. Resolves when the bot is online. */
  static async start(context: TestContext, options: WorldOptions = {}): Promise<World> {
    const world = await World.open(options);
    context.after(() => world.close());
    await world.whenOnline();
    return world;
  }

  /** Whoever opens it closes it, and waits until the bot is online. */
  static async open(options: WorldOptions): Promise<World> {
    const pace = options.pace ?? PACE;
    const picture = options.picture === undefined ? {} : { picture: options.picture };
    const sandbox = await startSandbox({
      replicate: { pace, ...picture },
      gemini: { pace: { ...pace, imageMs: pace.workMs } },
    });
    const env = sandbox.env({ ...FAST, ...options.env });
    return new World(sandbox, env, startBot({ env }), pace);
  }

  async close(): Promise<void> {
    await this.bot.end('SIGKILL');
    await this.sandbox.close();
  }

  /** From here on nothing of what was before is counted; faults that nobody met are gone. */
  begin(): void {
    const { discord, replicate, gemini } = this.sandbox;
    for (const part of [discord, replicate, gemini]) part.clearFaults();
    this.setPace(this.#pace);
    this.#before = {
      predictions: replicate.predictions().length,
      generations: gemini.generations().length,
      request: discord.requests.at(-1),
      lines: this.bot.lines.length,
      bot: this.bot,
      messageIds: new Set(PEOPLE.flatMap((person) => this.#seenBy(person)).map(({ message }) => message.id)),
    };
  }

  setPace(pace: Pace): void {
    this.sandbox.replicate.setPace(pace);
    this.sandbox.gemini.setPace({ ...pace, imageMs: pace.workMs });
  }

  get channelId(): string {
    return this.sandbox.discord.guilds[0]?.channels[0]?.id ?? '';
  }

  userId(person: Person): string {
    return this.sandbox.discord.users[person].id;
  }

  async whenOnline(): Promise<void> {
    const { discord } = this.sandbox;
    const early = this.bot.exited.then(({ code }) => {
      throw new Error(`The bot ended with ${code} before it was online:\n${this.bot.lines.slice(-5).join('\n')}`);
    });
    await Promise.race([discord.waitForBot(WAIT_MS), early]);
    await this.waitUntil('the commands are registered', () => discord.commands(discord.guilds[0]?.id ?? '').length > 0);
  }

  /** kill -9, as an out-of-memory killer would. */
  async kill(): Promise<void> {
    await this.bot.end('SIGKILL');
  }

  async startAgain(): Promise<void> {
    this.bot = startBot({ env: this.env });
    await this.whenOnline();
  }

  command(options: CommandOptions, by: Person = 'member', channelId = this.channelId): Promise<InteractionOutcome> {
    return this.sandbox.discord.runCommand({ userId: this.userId(by), channelId, name: 'generate', options });
  }

  /** Types `/generate` and gives the id of the card. */
  async generate(options: CommandOptions, by: Person = 'member', channelId = this.channelId): Promise<string> {
    const outcome = await this.command(options, by, channelId);
    assert.equal(outcome.status, 'answered', 'the command was answered');
    assert.ok(outcome.status === 'answered' && outcome.messageId !== null);
    return outcome.messageId;
  }

  /** Runs any command and gives the message it was answered with, once it is filled in. */
  async run(
    ask: { name: string; subcommand?: string; options?: CommandOptions },
    by: Person = 'member',
    channelId = this.channelId,
  ): Promise<SandboxMessage> {
    const { name, subcommand, options = {} } = ask;
    const outcome = await this.sandbox.discord.runCommand({
      userId: this.userId(by),
      channelId,
      name,
      ...(subcommand === undefined ? {} : { subcommand }),
      options,
    });
    return this.#answerOf(outcome, `/${name}`);
  }

  /** Fills in the form that a press opened, and sends it. */
  async submitForm(opened: InteractionOutcome, values: Record<string, string>, by: Person = 'member'): Promise<string> {
    assert.ok(opened.status === 'answered' && opened.modal !== null, 'the press opened a form');
    const outcome = await this.sandbox.discord.submitModal({
      userId: this.userId(by),
      interactionId: opened.interactionId,
      customId: opened.modal.custom_id,
      values,
    });
    return (await this.#answerOf(outcome, 'the form')).message.id;
  }

  async #answerOf(outcome: InteractionOutcome, what: string): Promise<SandboxMessage> {
    assert.ok(outcome.status === 'answered' && outcome.messageId !== null, `${what} was answered with a message`);
    const id = outcome.messageId;
    await this.waitUntil('the answer is there', () => this.sandbox.discord.getMessage(id)?.isLoading === false);
    return this.message(id);
  }

  /** Presses the button with this label on the card. */
  press(messageId: string, label: string, by: Person = 'member'): Promise<InteractionOutcome> {
    const customId = this.buttons(messageId).get(label);
    assert.ok(customId !== undefined, `a button ${label} among [${[...this.buttons(messageId).keys()].join(', ')}]`);
    return this.sandbox.discord.press({ userId: this.userId(by), messageId, customId });
  }

  async pressForMessage(messageId: string, label: string, by: Person = 'member'): Promise<SandboxMessage> {
    return this.#answerOf(await this.press(messageId, label, by), label);
  }

  message(messageId: string): SandboxMessage {
    const message = this.sandbox.discord.getMessage(messageId);
    assert.ok(message !== undefined, 'the message is there');
    return message;
  }

  text(messageId: string): string {
    return textOf(this.message(messageId).message);
  }

  buttons(messageId: string): Map<string, string> {
    return buttonsOf(this.message(messageId).message);
  }

  predictions(): SandboxPrediction[] {
    return this.sandbox.replicate.predictions().slice(this.#before.predictions);
  }

  generations(): SandboxGeneration[] {
    return this.sandbox.gemini.generations().slice(this.#before.generations);
  }

  /** What Discord was asked by the bot. */
  requests(): RecordedRequest[] {
    const { requests } = this.sandbox.discord;
    const { request } = this.#before;
    return requests.slice(request === undefined ? 0 : requests.lastIndexOf(request) + 1);
  }

  /** What this person sees in the channel, oldest first. */
  messages(by: Person = 'member'): SandboxMessage[] {
    return this.#seenBy(by).filter(({ message }) => !this.#before.messageIds.has(message.id));
  }

  #seenBy(person: Person): SandboxMessage[] {
    return this.sandbox.discord.messages(this.channelId, this.userId(person));
  }

  /** What the bot wrote. */
  lines(): string[] {
    return this.bot.lines.slice(this.#before.bot === this.bot ? this.#before.lines : 0);
  }

  logs(): Record<string, unknown>[] {
    return this.lines().flatMap(parseLog);
  }

  /** Resolves when the card's words match. */
  async whenCard(messageId: string, pattern: RegExp): Promise<string> {
    await this.waitUntil(
      `the card says ${pattern}`,
      () => pattern.test(this.text(messageId)),
      () => this.text(messageId),
    );
    return this.text(messageId);
  }

  /** Looks again after every change until it holds; fails with what was awaited, not with a hang. */
  async waitUntil(what: string, holds: () => boolean, tell: () => string = () => ''): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    while (!holds()) {
      if (Date.now() > deadline) {
        throw new Error(
          `Waited in vain until ${what}.\n${tell()}\nlast lines of the bot:\n${this.bot.lines.slice(-12).join('\n')}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The moves of the log, as `from>to`. */
  moves(): string[] {
    return this.logs().flatMap((line) =>
      typeof line['to'] === 'string' ? [`${String(line['from'])}>${line['to']}`] : [],
    );
  }

  async whenMoved(to: string): Promise<void> {
    await this.waitUntil(`an item is ${to}`, () => this.moves().some((move) => move.endsWith(`>${to}`)));
  }
}

/**
 * One world for those tests of a file that need no settings of their own: started by the first that asks for it,
 * ended with the file. Each begins with a bot that is online, counts from there, and leaves no work under way.
 */
export function shareWorld(options: WorldOptions = {}): () => Promise<World> {
  let world: World | null = null;
  after(() => world?.close());
  return async () => {
    if (world === null) {
      world = await World.open(options);
      await world.whenOnline();
    } else if (!world.sandbox.discord.isBotConnected()) {
      // The test before failed between a kill and a start.
      await world.kill();
      await world.startAgain();
    }
    world.begin();
    return world;
  };
}

/** All text of a message, whatever it is nested in. */
export function textOf(message: APIMessage): string {
  return [
    message.content,
    ...collect(message.components, (part) => (part['type'] === 10 ? String(part['content']) : null)),
  ].join('\n');
}

/** Custom ids by label, of the buttons that can be pressed. */
export function buttonsOf(message: APIMessage): Map<string, string> {
  const pairs = collect(message.components, (part) =>
    part['type'] === 2 && part['disabled'] !== true
      ? ([String(part['label']), String(part['custom_id'])] as const)
      : null,
  );
  return new Map(pairs);
}

/** Alt texts and addresses of the pictures in a message. */
export function picturesOf(message: APIMessage): { url: string; description: string }[] {
  return collect(message.components, (part) => {
    const media = part['media'];
    if (typeof media !== 'object' || media === null || !('url' in media)) return null;
    return { url: String(media.url), description: typeof part['description'] === 'string' ? part['description'] : '' };
  });
}

function collect<T>(value: unknown, pick: (part: Record<string, unknown>) => T | null): T[] {
  if (Array.isArray(value)) return value.flatMap((part) => collect(part, pick));
  if (typeof value !== 'object' || value === null) return [];
  const part = value as Record<string, unknown>;
  const own = pick(part);
  return [...(own === null ? [] : [own]), ...Object.values(part).flatMap((inner) => collect(inner, pick))];
}
