/** From the body of a request to what the message will be: refused as a whole or accepted as a whole. */
import { MessageFlags } from 'discord-api-types/v10';
import type { APIAttachment, APIEmbed, APIMessage, APIUser } from 'discord-api-types/v10';
import type { AttachmentStore, UploadedFile } from './attachments.ts';
import { checkComponents, checkReferences, collectText, findReferenced, resolveComponents } from './components.ts';
import type { AnyComponent } from './components.ts';
import { refuse, refuseIssues } from './errors.ts';
import type { FormIssue, FormPath } from './errors.ts';
import { findMentions } from './mentions.ts';
import type { AllowedMentions, Mentions } from './mentions.ts';

/** The fields that are read; the schemas have checked their types before. */
export interface MessageBody {
  content?: string | null;
  embeds?: APIEmbed[] | null;
  components?: AnyComponent[] | null;
  attachments?: { id: string; filename?: string | null; description?: string | null }[] | null;
  flags?: number | null;
  allowed_mentions?: AllowedMentions | null;
  poll?: unknown;
  sticker_ids?: string[] | null;
  tts?: boolean | null;
  nonce?: string | number | null;
  enforce_nonce?: boolean | null;
  message_reference?: { message_id?: string | null; fail_if_not_exists?: boolean | null } | null;
}

export interface ComposeRequest {
  body: MessageBody;
  files: readonly UploadedFile[];
  /** The message to be edited, or null for a new one. */
  existing: APIMessage | null;
  channelId: string;
  /** Where the message stands in the request: `data` in an interaction callback. */
  prefix: FormPath;
  /** Flags that this endpoint lets a bot set; others are ignored. */
  settableFlags: number;
  mayMentionEveryone: boolean;
  repliedTo: APIUser | null;
}

export interface ComposedMessage extends Mentions {
  content: string;
  embeds: APIEmbed[];
  components: NonNullable<APIMessage['components']>;
  attachments: APIAttachment[];
  flags: MessageFlags;
  added: { attachment: APIAttachment; file: UploadedFile }[];
}

/** Flags a bot may set on a new message; EPHEMERAL is for interactions and dealt with there. */
export const NEW_MESSAGE_FLAGS =
  MessageFlags.SuppressEmbeds | MessageFlags.SuppressNotifications | MessageFlags.IsComponentsV2;
export const EDIT_FLAGS = MessageFlags.SuppressEmbeds | MessageFlags.IsComponentsV2;

const MOST_ATTACHMENTS = 10;
const MOST_CONTENT = 2_000;
const MOST_EMBED_TEXT = 6_000;

/** Refused before the body is looked at, as a proxy in front does. */
export function checkFileSizes(files: readonly UploadedFile[], limitBytes: number): void {
  if (files.some((file) => file.bytes.length > limitBytes)) throw refuse('entityTooLarge');
}

export function composeMessage(request: ComposeRequest, store: AttachmentStore, nextId: () => string): ComposedMessage {
  const { body, existing, prefix } = request;
  const wasV2 = hasFlag(existing?.flags, MessageFlags.IsComponentsV2);
  const isV2 = wasV2 || hasFlag(body.flags, MessageFlags.IsComponentsV2);
  const components = body.components ?? (body.components === null ? [] : undefined);
  refuseIssues(
    withPrefix(prefix, [
      ...checkFlags(body, wasV2),
      ...checkText(body, existing, isV2),
      ...checkAllowedMentions(body.allowed_mentions),
      ...(components ? checkComponents(components, isV2) : []),
    ]),
  );
  const { attachments, added } = planAttachments(request, store, nextId);
  if (components) refuseIssues(withPrefix(prefix, checkReferences(components, attachments)));
  const composed: ComposedMessage = {
    content: isV2 ? '' : (body.content ?? (body.content === null ? '' : (existing?.content ?? ''))),
    embeds: isV2 ? [] : resolveEmbeds(body.embeds, existing, attachments, prefix),
    components: components ? resolveComponents(components, attachments, nextId) : (existing?.components ?? []),
    attachments,
    flags: nextFlags(request, isV2),
    added,
    ...findMentions(textsOf(body, components, existing), body.allowed_mentions, request),
  };
  if (isEmpty(composed, isV2) && !body.poll && !body.sticker_ids?.length) throw refuse('emptyMessage');
  return composed;
}

function checkFlags(body: MessageBody, wasV2: boolean): FormIssue[] {
  const isGiven = body.flags !== undefined && body.flags !== null;
  if (!wasV2 || !isGiven || hasFlag(body.flags, MessageFlags.IsComponentsV2)) return [];
  const message = 'The MessageFlags.IS_COMPONENTS_V2 flag cannot be removed from a message.';
  return [{ path: ['flags'], code: 'MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG', message }];
}

function checkText(body: MessageBody, existing: APIMessage | null, isV2: boolean): FormIssue[] {
  const content = body.content === undefined ? existing?.content : body.content;
  const embeds = body.embeds === undefined ? existing?.embeds : body.embeds;
  const issues: FormIssue[] = [];
  if ((body.content?.length ?? 0) > MOST_CONTENT) {
    issues.push({
      path: ['content'],
      code: 'BASE_TYPE_MAX_LENGTH',
      message: `Must be ${MOST_CONTENT} or fewer in length.`,
    });
  }
  if (embedText(body.embeds ?? []) > MOST_EMBED_TEXT) {
    const message = `Embed size exceeds maximum size of ${MOST_EMBED_TEXT}`;
    issues.push({ path: ['embeds'], code: 'MAX_EMBED_SIZE_EXCEEDED', message });
  }
  if (!isV2) return issues;
  const legacy: [string, boolean][] = [
    ['content', Boolean(content)],
    ['embeds', Boolean(embeds?.length)],
    ['poll', Boolean(body.poll)],
    ['sticker_ids', Boolean(body.sticker_ids?.length)],
  ];
  for (const [field, isUsed] of legacy) {
    if (!isUsed) continue;
    const message = `The '${field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`;
    issues.push({ path: [field], code: 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2', message });
  }
  return issues;
}

function embedText(embeds: readonly APIEmbed[]): number {
  const texts = embeds.flatMap((embed) => [
    embed.title,
    embed.description,
    embed.footer?.text,
    embed.author?.name,
    ...(embed.fields ?? []).flatMap((field) => [field.name, field.value]),
  ]);
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
}

function checkAllowedMentions(allowed: AllowedMentions | null | undefined): FormIssue[] {
  const parse = allowed?.parse ?? [];
  return (['users', 'roles'] as const).flatMap((kind) => {
    if (!parse.includes(kind) || !allowed?.[kind]?.length) return [];
    const message = `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`;
    return [{ path: ['allowed_mentions'], code: 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE', message }];
  });
}

/**
 * On an edit `attachments` lists what stays (by id) and what is new (by the n of `files[n]`); left out, the
 * old ones stay and new files join them. On a new message every file is attached, listed or not.
 */
function planAttachments(
  { body, files, existing, channelId, prefix }: ComposeRequest,
  store: AttachmentStore,
  nextId: () => string,
): Pick<ComposedMessage, 'attachments' | 'added'> {
  const old = existing?.attachments ?? [];
  const listed = body.attachments ?? undefined;
  const entries: { id: string; description?: string | null; filename?: string | null }[] = [
    ...(listed ?? old),
    ...(listed && existing
      ? []
      : files.filter((file) => !listed?.some((entry) => entry.id === file.index)).map((file) => ({ id: file.index }))),
  ];
  if (entries.length > MOST_ATTACHMENTS) throw refuse('tooManyAttachments');
  const added: ComposedMessage['added'] = [];
  const issues: FormIssue[] = [];
  const attachments = entries.flatMap((entry, index) => {
    const kept = old.find((attachment) => attachment.id === entry.id);
    const file = files.find((candidate) => candidate.index === entry.id);
    if (!kept && !file) {
      const message = `Attachment ${entry.id} is neither a file of this message nor of this request.`;
      issues.push({ path: ['attachments', index, 'id'], code: 'ATTACHMENT_NOT_FOUND', message });
      return [];
    }
    const described = entry.description ? { description: entry.description } : {};
    if (kept) return [{ ...kept, ...described }];
    const renamed = { ...file, ...(entry.filename ? { name: entry.filename } : {}) } as UploadedFile;
    const attachment = { ...store.describe(nextId(), channelId, renamed), ...described };
    added.push({ attachment, file: renamed });
    return [attachment];
  });
  refuseIssues(withPrefix(prefix, issues));
  return { attachments, added };
}

function resolveEmbeds(
  embeds: APIEmbed[] | null | undefined,
  existing: APIMessage | null,
  attachments: readonly APIAttachment[],
  prefix: FormPath,
): APIEmbed[] {
  if (embeds === undefined) return existing?.embeds ?? [];
  return (embeds ?? []).map((embed, index) => {
    const resolved: APIEmbed = { type: 'rich' as NonNullable<APIEmbed['type']>, ...embed };
    for (const part of ['image', 'thumbnail'] as const) {
      const url = embed[part]?.url;
      if (url === undefined) continue;
      if (!url.startsWith('attachment://')) {
        // Discord hands it on under an address of its own; nothing stands between the sandbox and a file's host.
        resolved[part] = { ...embed[part], url, proxy_url: url };
        continue;
      }
      const attachment = findReferenced(url, attachments);
      if (!attachment) {
        const message = `The referenced attachment "${url.slice('attachment://'.length)}" was not found.`;
        const path = [...prefix, 'embeds', index, part, 'url'];
        refuseIssues([{ path, code: 'EMBED_REFERENCED_ATTACHMENT_NOT_FOUND', message }]);
        continue;
      }
      resolved[part] = { url: attachment.url, proxy_url: attachment.proxy_url };
    }
    return resolved;
  });
}

function nextFlags({ body, existing, settableFlags }: ComposeRequest, isV2: boolean): MessageFlags {
  const kept = existing ? (existing.flags ?? 0) & ~MessageFlags.Loading : 0;
  const isGiven = body.flags !== undefined && body.flags !== null;
  const set = isGiven ? (kept & ~settableFlags) | ((body.flags ?? 0) & settableFlags) : kept;
  return isV2 ? set | MessageFlags.IsComponentsV2 : set;
}

function textsOf(body: MessageBody, components: AnyComponent[] | undefined, existing: APIMessage | null): string[] {
  const content = body.content === undefined ? existing?.content : body.content;
  // What Discord gives back has the same fields as what it takes, as far as text is concerned.
  const shown = components ?? existing?.components ?? [];
  return [...(content ? [content] : []), ...collectText(shown)];
}

function isEmpty(composed: ComposedMessage, isV2: boolean): boolean {
  if (isV2) return composed.components.length === 0;
  const { content, embeds, components, attachments } = composed;
  return content.trim() === '' && embeds.length === 0 && components.length === 0 && attachments.length === 0;
}

function hasFlag(flags: number | null | undefined, flag: MessageFlags): boolean {
  return ((flags ?? 0) & flag) !== 0;
}

function withPrefix(prefix: FormPath, issues: readonly FormIssue[]): FormIssue[] {
  return issues.map((issue) => ({ ...issue, path: [...prefix, ...issue.path] }));
}
