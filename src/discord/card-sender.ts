/** Draws a card and brings it to Discord by one of its ways. Decides nothing: what a failure leads to is the slot's. */
import type { RawFile } from 'discord.js';
import type { APIMessage } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import type { AssetStore, Clock } from '../jobs/ports.ts';
import type { DiscordApi, MessageWrite } from './api.ts';
import type { Card } from './card.ts';
import { FileUnusable, planUpload, readStanding, type Standing } from './card-files.ts';
import { renderCard, renderFallbackText, type CardContext, type CardMessage } from './render.ts';
import { planShown, SMALLER_BYTES, type Ladder, type LinkTo, type ShownFile } from './shown-files.ts';
import { firstIdAt } from './snowflake.ts';
import { endOfEdits } from './token-source.ts';

export interface CardSenderOptions {
  api: DiscordApi;
  assets: AssetStore;
  /** A smaller picture of a picture, as WebP; null: none can be made. */
  makePreview: (bytes: Uint8Array, limits: { mostBytes: number }) => Promise<Uint8Array | null>;
  linkTo: LinkTo;
  clock: Clock;
  /** Everything a card shows beside the job, for its language. */
  contextFor: (job: Job, updatesEndAt: number | null) => CardContext;
}

/** What a call made of a card. */
export interface Sent {
  /** The message that shows it now: another one than the card's when it was posted. */
  messageId: string;
  standing: Standing;
}

/** How a card is shown: edited by the interaction's token, edited by the bot, or posted anew by the bot. */
export type Way = 'token' | 'bot' | 'post';

/** Discord knows a nonce for "the past few minutes" ("Create Message", enforce_nonce); so long it is relied on. */
const NONCE_KNOWN_MS = 60_000;
/** Clocks differ: a message is looked for from a little before it was first asked for. */
const CLOCK_MARGIN_MS = 60_000;

type LearntLadder = Pick<Ladder, 'most' | 'unusable'>;

export class CardSender {
  readonly #options: CardSenderOptions;

  constructor(options: CardSenderOptions) {
    this.#options = options;
  }

  /** `isPlain`: in words alone, without the prompt. */
  draw(card: Card, job: Job, { isPlain, ladder }: { isPlain: boolean; ladder: LearntLadder }): CardMessage {
    const { clock, contextFor, linkTo } = this.#options;
    const context = contextFor(job, card.private ? endOfEdits(card) : null);
    // Where a job is shown once more, other sizes may fit than where it was asked for.
    const shown = card.again === null ? job : { ...job, attachmentSizeLimit: card.again.attachmentSizeLimit };
    if (isPlain) return renderFallbackText(shown, context);
    return renderCard(shown, context, planShown(shown, { ...ladder, linkTo, now: clock.now() }));
  }

  /** Uploads what does not stand on the message yet. Rejects with FileUnusable before Discord is called. */
  async send(
    way: Way,
    { card, job, message, standing }: { card: Card; job: Job; message: CardMessage; standing: Standing },
  ): Promise<Sent> {
    const { api } = this.#options;
    const posted = way === 'post' ? await this.#findPosted(card, job) : null;
    const write = await this.#load(message, way === 'post' ? null : standing);
    const call = (): Promise<APIMessage> => {
      if (way === 'token') return api.editOriginal(card, write);
      if (way === 'bot') return api.editMessage(card, write);
      if (posted === null) return api.post(card.channelId, write, `card-${job.id}`);
      return api.editMessage({ ...card, messageId: posted }, write);
    };
    const { id, attachments } = await call();
    return { messageId: way === 'post' ? id : card.messageId, standing: readStanding(attachments) };
  }

  /** A post whose end nobody knows may stand, and Discord forgets its nonce. */
  async #findPosted({ channelId, postingSince }: Card, job: Job): Promise<string | null> {
    const { api, clock } = this.#options;
    if (postingSince === null || clock.now() - postingSince < NONCE_KNOWN_MS) return null;
    const messages = await api.listMessagesAfter(channelId, firstIdAt(postingSince - CLOCK_MARGIN_MS));
    const found = messages.find(({ components }) => JSON.stringify(components ?? []).includes(job.id));
    return found?.id ?? null;
  }

  async #load(message: CardMessage, standing: Standing): Promise<MessageWrite & { body: object }> {
    const { attachments, added } = planUpload(message.files, standing);
    const files = await Promise.all(added.map((file) => this.#loadFile(file)));
    return { body: { ...message.body, attachments }, files };
  }

  async #loadFile({ name, asset, form }: ShownFile): Promise<RawFile> {
    const { assets, makePreview } = this.#options;
    try {
      if (form === 'original') return { name, data: await assets.read(asset), contentType: asset.mimeType };
      const data = await assets.derive(asset, form, async (bytes) => {
        const made = await makePreview(bytes, { mostBytes: SMALLER_BYTES[form] });
        if (made === null) throw new Error('No smaller picture can be made of it.');
        return made;
      });
      return { name, data, contentType: 'image/webp' };
    } catch (error) {
      throw new FileUnusable(form, asset, error);
    }
  }
}
