/**
 * An interaction in our own shape: everything a command or a button needs, whatever way it came in.
 * Read from the raw gateway payload, because discord.js holds interactions back until every shard is
 * ready, longer than the 3 seconds they live.
 */
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ComponentType,
  InteractionType,
  type APIApplicationCommandAutocompleteInteraction,
  type APIApplicationCommandInteractionDataOption,
  type APIAttachment,
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIMessage,
  type APIMessageApplicationCommandInteraction,
  type APIMessageComponentInteraction,
  type APIModalSubmitInteraction,
} from 'discord-api-types/v10';

export interface Asker {
  interactionId: string;
  applicationId: string;
  token: string;
  /** 15 minutes from when it came, by our clock (Discord: interactions/receiving-and-responding). */
  tokenExpiresAt: number;
  userId: string;
  guildId: string | null;
  channelId: string;
  isThread: boolean;
  locale: string;
  /** The asker's own permissions in the channel; null outside a server. */
  memberPermissions: bigint | null;
  /** The bot's permissions in the channel; null when Discord did not say. */
  appPermissions: bigint | null;
  /** Bytes of the largest file this answer may carry. */
  attachmentSizeLimit: number;
}

export type OptionValue = string | number | boolean;

export interface CommandAsk extends Asker {
  kind: 'command';
  name: string;
  subcommand: string | null;
  /** Of the subcommand, where there is one. A file is the id of one of `attachments`. */
  options: ReadonlyMap<string, OptionValue>;
  attachments: ReadonlyMap<string, GivenFile>;
}

/** A file somebody attached. Nothing said of it is believed but its size, and its address ends within a day. */
export interface GivenFile {
  url: string;
  name: string;
  bytes: number;
}

/** A command of the menu of a message. */
export interface MenuAsk extends Asker {
  kind: 'menu';
  name: string;
  message: {
    id: string;
    /** Its pictures, attached ones and those its components show, each once. */
    pictures: readonly ShownPicture[];
  };
}

/** Somebody is typing an option of a command. */
export interface CompletionAsk extends Asker {
  kind: 'completion';
  name: string;
  subcommand: string | null;
  /** As far as they are typed. */
  options: ReadonlyMap<string, OptionValue>;
  /** The option being typed; empty when Discord did not say. */
  focused: string;
}

export interface PressAsk extends Asker {
  kind: 'press';
  customId: string;
  messageId: string;
  /** The pictures the message shows; their addresses are good for a while. */
  pictures: readonly ShownPicture[];
}

export interface ShownPicture {
  url: string;
  /** Its alt text. */
  description: string | null;
}

/** Something was chosen from a select. */
export interface ChoiceAsk extends Asker {
  kind: 'choice';
  customId: string;
  messageId: string;
  values: readonly string[];
}

export interface ModalAsk extends Asker {
  kind: 'modal';
  customId: string;
  /** The message whose button opened it; null: a menu did. */
  messageId: string | null;
  /** Texts by the custom_id of their input. */
  fields: ReadonlyMap<string, string>;
}

export type Ask = CommandAsk | CompletionAsk | MenuAsk | PressAsk | ChoiceAsk | ModalAsk;

const TOKEN_LIFE_MS = 15 * 60_000;
/** Discord's default, for a payload without the field (reference, "Uploading Files"). */
const DEFAULT_SIZE_LIMIT = 10 * 1024 * 1024;
const THREAD_TYPES: ReadonlySet<number> = new Set([10, 11, 12]);

/** Discord gives 3 seconds from the event (interactions/receiving-and-responding); this leaves room for the ways there and back. */
const ANSWER_WITHIN_MS = 2_600;
const SHORTEST_ANSWER_MS = 300;

/** Ends a call that would answer too late, counted from when the interaction came. */
export function answerSignal({ tokenExpiresAt }: Asker, now: number): AbortSignal {
  const age = now - (tokenExpiresAt - TOKEN_LIFE_MS);
  return AbortSignal.timeout(Math.min(Math.max(ANSWER_WITHIN_MS - age, SHORTEST_ANSWER_MS), ANSWER_WITHIN_MS));
}

/** null for interactions Darkroom does not know (pings, menus of a later version). */
export function readAsk(payload: APIInteraction, now: number): Ask | null {
  if (payload.type === InteractionType.ApplicationCommand) {
    // The casts repeat what the checks say; the type of the payload does not narrow by its data.
    if (payload.data.type === ApplicationCommandType.ChatInput)
      return readCommand(payload as APIChatInputApplicationCommandInteraction, now);
    if (payload.data.type === ApplicationCommandType.Message)
      return readMenu(payload as APIMessageApplicationCommandInteraction, now);
    return null;
  }
  if (payload.type === InteractionType.ApplicationCommandAutocomplete) return readCompletion(payload, now);
  if (payload.type === InteractionType.MessageComponent) {
    if (payload.data.component_type === ComponentType.Button) return readPress(payload, now);
    return readChoice(payload, now);
  }
  return payload.type === InteractionType.ModalSubmit ? readModal(payload, now) : null;
}

function readCommand(payload: APIChatInputApplicationCommandInteraction, now: number): CommandAsk | null {
  const asker = readAsker(payload, now);
  if (asker === null) return null;
  const { name, options, resolved } = payload.data;
  const { subcommand, given } = readSubcommand(options);
  const attachments = new Map(Object.entries(resolved?.attachments ?? {}).map(([id, file]) => [id, readFile(file)]));
  return { kind: 'command', ...asker, name, subcommand, options: readOptions(given), attachments };
}

function readFile({ url, filename, size }: APIAttachment): GivenFile {
  return { url, name: filename, bytes: size };
}

function readMenu(payload: APIMessageApplicationCommandInteraction, now: number): MenuAsk | null {
  const asker = readAsker(payload, now);
  const { name, target_id: id, resolved } = payload.data;
  const message = resolved.messages[id];
  if (asker === null || message === undefined) return null;
  return { kind: 'menu', ...asker, name, message: { id, pictures: listAll(message) } };
}

/** Attached files and what components show are often the same. Files that say they are something else are left out. */
function listAll(message: APIMessage): ShownPicture[] {
  const attached = message.attachments
    .filter(({ content_type: type }) => type === undefined || type.startsWith('image/'))
    .map(({ url, description, filename }) => ({ url, description: description ?? filename }));
  // As Discord itself hands them on: their own addresses may lead anywhere.
  const embedded = message.embeds.flatMap(({ image }) => (image?.proxy_url === undefined ? [] : [image.proxy_url]));
  const pictures = [...attached, ...listPictures(message), ...embedded.map((url) => ({ url, description: null }))];
  const seen = new Set<string>();
  return pictures.filter(isOnTheWeb).filter(({ url }) => {
    const { pathname } = new URL(url);
    const isNew = !seen.has(pathname);
    seen.add(pathname);
    return isNew;
  });
}

function readChoice(payload: APIMessageComponentInteraction, now: number): ChoiceAsk | null {
  const asker = readAsker(payload, now);
  const { message, data } = payload;
  if (asker === null || !('values' in data)) return null;
  return { kind: 'choice', ...asker, customId: data.custom_id, messageId: message.id, values: data.values };
}

function readCompletion(payload: APIApplicationCommandAutocompleteInteraction, now: number): CompletionAsk | null {
  const asker = readAsker(payload, now);
  if (asker === null) return null;
  const { name, options } = payload.data;
  // What is typed may not be of its type yet; it is read with care all the same.
  const { subcommand, given } = readSubcommand(options);
  const focused = given.find((option) => 'focused' in option && option.focused)?.name ?? '';
  return { kind: 'completion', ...asker, name, subcommand, options: readOptions(given), focused };
}

function readSubcommand(options: readonly APIApplicationCommandInteractionDataOption[] = []): {
  subcommand: string | null;
  given: readonly APIApplicationCommandInteractionDataOption[];
} {
  const [first] = options;
  if (first?.type !== ApplicationCommandOptionType.Subcommand) return { subcommand: null, given: options };
  return { subcommand: first.name, given: first.options ?? [] };
}

function readPress(payload: APIMessageComponentInteraction, now: number): PressAsk | null {
  const asker = readAsker(payload, now);
  if (asker === null) return null;
  const { message, data } = payload;
  return {
    kind: 'press',
    ...asker,
    customId: data.custom_id,
    messageId: message.id,
    pictures: listPictures(message),
  };
}

function readModal(payload: APIModalSubmitInteraction, now: number): ModalAsk | null {
  const asker = readAsker(payload, now);
  if (asker === null) return null;
  const fields = new Map<string, string>();
  for (const row of payload.data.components) {
    const inputs = 'components' in row ? row.components : 'component' in row ? [row.component] : [];
    for (const input of inputs) {
      if ('value' in input) fields.set(input.custom_id, String(input.value));
      else if ('values' in input) fields.set(input.custom_id, input.values.join(','));
    }
  }
  const messageId = payload.message?.id ?? null;
  return { kind: 'modal', ...asker, customId: payload.data.custom_id, messageId, fields };
}

/** Whatever a message carries as `media`, wherever it stands among its components. */
function listPictures({ components = [] }: APIMessage): ShownPicture[] {
  const found: ShownPicture[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('media' in value) {
      const { media } = value;
      const description = 'description' in value && typeof value.description === 'string' ? value.description : null;
      if (typeof media === 'object' && media !== null && 'url' in media) {
        found.push({ url: String(media.url), description });
      }
    }
    for (const inner of Object.values(value)) walk(inner);
  };
  walk(components);
  return found.filter(isOnTheWeb);
}

/** What a message says of itself may be no address at all. */
function isOnTheWeb({ url }: ShownPicture): boolean {
  return /^https?:/.test(url) && URL.canParse(url);
}

function readAsker(
  payload:
    | APIChatInputApplicationCommandInteraction
    | APIMessageApplicationCommandInteraction
    | APIApplicationCommandAutocompleteInteraction
    | APIMessageComponentInteraction
    | APIModalSubmitInteraction,
  now: number,
): Asker | null {
  const user = payload.member?.user ?? payload.user;
  const channelId = payload.channel?.id ?? payload.channel_id;
  if (user === undefined || channelId === undefined) return null;
  return {
    interactionId: payload.id,
    applicationId: payload.application_id,
    token: payload.token,
    tokenExpiresAt: now + TOKEN_LIFE_MS,
    userId: user.id,
    guildId: payload.guild_id ?? null,
    channelId,
    isThread: THREAD_TYPES.has(payload.channel?.type ?? 0),
    locale: payload.locale,
    memberPermissions: payload.member === undefined ? null : BigInt(payload.member.permissions),
    // Not every payload in the wild carries it, whatever its type says.
    appPermissions:
      (payload.app_permissions as string | undefined) === undefined ? null : BigInt(payload.app_permissions),
    attachmentSizeLimit: payload.attachment_size_limit ?? DEFAULT_SIZE_LIMIT,
  };
}

function readOptions(options: readonly APIApplicationCommandInteractionDataOption[]): Map<string, OptionValue> {
  const values = new Map<string, OptionValue>();
  for (const option of options) if ('value' in option) values.set(option.name, option.value);
  return values;
}
