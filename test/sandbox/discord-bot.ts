/** A bot for the tests of the sandbox's Discord: the real discord.js client, and raw calls beside it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import {
  ApplicationCommandOptionType,
  Client,
  DiscordAPIError,
  Events,
  MessageFlags,
  PermissionFlagsBits,
  REST,
  Routes,
} from 'discord.js';
import type {
  ChatInputCommandInteraction,
  ClientOptions,
  Interaction,
  ModalSubmitInteraction,
  RESTPutAPIApplicationCommandsJSONBody,
} from 'discord.js';
import type {
  CommandOptions,
  InteractionOutcome,
  SandboxDiscord,
  StartDiscordOptions,
} from '../../sandbox/interface.ts';
import { startDiscord } from '../../sandbox/discord/index.ts';

export const COMMANDS: RESTPutAPIApplicationCommandsJSONBody = [
  {
    name: 'generate',
    description: 'Make a picture',
    contexts: [0],
    integration_types: [0],
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'prompt',
        description: 'What to see',
        required: true,
        min_length: 2,
        max_length: 4000,
      },
      { type: ApplicationCommandOptionType.String, name: 'model', description: 'Which model', autocomplete: true },
      {
        type: ApplicationCommandOptionType.String,
        name: 'aspect_ratio',
        description: 'The shape',
        choices: [
          { name: 'square', value: '1:1' },
          { name: 'wide', value: '16:9' },
        ],
      },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'count',
        description: 'How many',
        min_value: 1,
        max_value: 4,
      },
      { type: ApplicationCommandOptionType.Boolean, name: 'private', description: 'Only for me' },
    ],
  },
  {
    name: 'jobs',
    description: 'Moderate',
    default_member_permissions: String(PermissionFlagsBits.ManageMessages),
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'list',
        description: 'All jobs',
        options: [{ type: ApplicationCommandOptionType.User, name: 'user', description: 'Whose' }],
      },
    ],
  },
];

export interface TestBot {
  discord: SandboxDiscord;
  client: Client<true>;
  rest: REST;
  /** #pictures of the first server. */
  channelId: string;
  memberId: string;
  /** A member types a command; gives the interaction as the client sees it, and what will come of it. */
  generate(
    options?: CommandOptions,
  ): Promise<{ interaction: ChatInputCommandInteraction; outcome: Promise<InteractionOutcome> }>;
  /** Waits for the interaction that `act` causes. */
  receive<T extends Interaction>(
    act: () => Promise<InteractionOutcome>,
  ): Promise<{ interaction: T; outcome: Promise<InteractionOutcome> }>;
}

/** Clients go before the Discord they are connected to: one that loses it first would try to come back. */
const clients = new WeakMap<SandboxDiscord, Client[]>();

export async function startSandbox(context: TestContext, options: StartDiscordOptions = {}): Promise<SandboxDiscord> {
  const discord = await startDiscord({ rateLimits: false, ...options });
  context.after(async () => {
    for (const client of clients.get(discord) ?? []) await client.destroy();
    await discord.close();
  });
  return discord;
}

export async function logIn(discord: SandboxDiscord, options: Partial<ClientOptions> = {}): Promise<Client<true>> {
  const client = new Client({ intents: [], rest: { api: discord.url, retries: 0 }, ...options });
  clients.set(discord, [...(clients.get(discord) ?? []), client]);
  const ready = once(client, Events.ClientReady);
  await client.login(discord.token);
  await ready;
  return client as Client<true>;
}

export function createRest(discord: SandboxDiscord): REST {
  return new REST({ api: discord.url, retries: 0 }).setToken(discord.token);
}

export async function startBot(context: TestContext, options: StartDiscordOptions = {}): Promise<TestBot> {
  const discord = await startSandbox(context, options);
  const client = await logIn(discord);
  const rest = createRest(discord);
  await rest.put(Routes.applicationCommands(discord.applicationId), { body: COMMANDS });
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  const memberId = discord.users.member.id;
  const receive: TestBot['receive'] = async <T extends Interaction>(act: () => Promise<InteractionOutcome>) => {
    const arrived = once(client, Events.InteractionCreate);
    const outcome = act();
    const [interaction] = (await arrived) as [T];
    return { interaction, outcome };
  };
  return {
    discord,
    client,
    rest,
    channelId,
    memberId,
    receive,
    generate: (given = { prompt: 'a sunset' }) =>
      receive(() => discord.runCommand({ userId: memberId, channelId, name: 'generate', options: given })),
  };
}

/** What was refused: HTTP status, Discord's code and, for 50035, the paths. */
export async function refused(
  discord: SandboxDiscord,
  attempt: Promise<unknown>,
): Promise<{ status: number; code: number | string; paths: string[] }> {
  const before = discord.requests.length;
  const error = await attempt.then(
    () => assert.fail('Expected the call to be refused, it was carried out.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DiscordAPIError)) throw error;
  const recorded = discord.requests.slice(before).find((request) => request.error !== null);
  return { status: error.status, code: error.code, paths: recorded?.error?.paths ?? [] };
}

/** A call without the client's own queue and waiting. */
export async function call(
  discord: SandboxDiscord,
  method: string,
  path: string,
  body?: unknown,
  token = `Bot ${discord.token}`,
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(`${discord.url}/v10${path}`, {
    method,
    headers: { authorization: token, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const answer = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: answer === '' ? {} : (JSON.parse(answer) as Record<string, unknown>),
  };
}

export function text(content: string): Record<string, unknown> {
  return { type: 10, content };
}

export function button(customId: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: 2, style: 2, label: customId, custom_id: customId, ...extra };
}

export function row(...components: unknown[]): Record<string, unknown> {
  return { type: 1, components };
}

export function gallery(...urls: string[]): Record<string, unknown> {
  return { type: 12, items: urls.map((url) => ({ media: { url }, description: 'a picture' })) };
}

/** The body of a Components V2 message. */
export function v2(...components: unknown[]): { flags: number; components: unknown[] } {
  return { flags: MessageFlags.IsComponentsV2, components };
}

export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAEklEQVR42mNk+M9Qz8AAAgwADgABAf6JjykAAAAASUVORK5CYII=',
  'base64',
);

export type { ChatInputCommandInteraction, ModalSubmitInteraction };
