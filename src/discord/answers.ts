/**
 * The plain answers to an interaction: a sentence, a private card, a modal, or none. Each reaches Discord or is
 * logged; none of them throws, since the one who asked cannot be told any other way. Cards of jobs go through `delivery.ts`.
 */
import type { RawFile } from 'discord.js';
import type {
  APIApplicationCommandOptionChoice,
  APIInteractionResponse,
  APIModalInteractionResponseCallbackData,
} from 'discord-api-types/v10';
import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import type { Clock, Log } from '../jobs/ports.ts';
import type { DiscordApi } from './api.ts';
import { answerSignal, type Asker } from './ask.ts';
import { classifyDelivery, type DeliveryFailure } from './delivery-failure.ts';
import { insist } from './insist.ts';
import type { PrivateCard } from './private-card.ts';
import { renderNotice } from './render.ts';

export interface AnswersOptions {
  api: DiscordApi;
  clock: Clock;
  log: Log;
}

export class Answers {
  readonly #options: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** One clear sentence that only the asker sees. */
  async refuse(asker: Asker, sentence: string): Promise<void> {
    const { api, clock } = this.#options;
    const data = renderNotice(sentence, { isEphemeral: true });
    const lost = await this.#answer(asker, { type: InteractionResponseType.ChannelMessageWithSource, data });
    // Something was answered before the trouble came: the sentence follows it.
    if (lost?.kind === 'answered-already') this.#warn(await insist(() => api.followUp(asker, data), { clock }));
  }

  /** Takes a press without showing anything new. */
  async acknowledge(asker: Asker): Promise<void> {
    await this.#answer(asker, { type: InteractionResponseType.DeferredMessageUpdate });
  }

  /** A card of its own that only the asker sees. */
  async show(asker: Asker, card: PrivateCard, files: RawFile[] = []): Promise<void> {
    const data = { ...card, attachments: attachmentsOf(files) };
    await this.#answer(asker, { type: InteractionResponseType.ChannelMessageWithSource, data }, files);
  }

  /** In place of the private card the press came from. */
  async replace(asker: Asker, card: PrivateCard, files: RawFile[] = []): Promise<void> {
    // Who sees a message is settled when it is made.
    const flags = card.flags & ~MessageFlags.Ephemeral;
    const data = { ...card, flags, attachments: attachmentsOf(files) };
    await this.#answer(asker, { type: InteractionResponseType.UpdateMessage, data }, files);
  }

  /** Says privately that the answer takes longer than 3 seconds; `finish` brings it. */
  async defer(asker: Asker): Promise<void> {
    await this.#answer(asker, {
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      data: { flags: MessageFlags.Ephemeral },
    });
  }

  /** What stands after `defer`, or after a press was answered with `replace`. */
  async finish(asker: Asker, card: PrivateCard): Promise<void> {
    await this.finishWith(asker, card, []);
  }

  /** As `finish`, with files. False: Discord did not take it. */
  async finishWith(asker: Asker, card: PrivateCard, files: RawFile[]): Promise<boolean> {
    const { api, clock } = this.#options;
    const body = { ...card, flags: card.flags & ~MessageFlags.Ephemeral, attachments: attachmentsOf(files) };
    return this.#warn(await insist(() => api.editOriginal(asker, { body, files }), { clock })) === null;
  }

  /** What is offered while somebody types. At most 25. */
  async complete(asker: Asker, choices: APIApplicationCommandOptionChoice<string>[]): Promise<void> {
    await this.#answer(asker, {
      type: InteractionResponseType.ApplicationCommandAutocompleteResult,
      data: { choices },
    });
  }

  /** Opens a form. Only as the first answer, within the 3 seconds. */
  async openModal(asker: Asker, data: APIModalInteractionResponseCallbackData): Promise<void> {
    await this.#answer(asker, { type: InteractionResponseType.Modal, data });
  }

  async #answer(asker: Asker, answer: APIInteractionResponse, files: RawFile[] = []): Promise<DeliveryFailure | null> {
    const { api, clock } = this.#options;
    try {
      await api.answer(asker, answer, { files, signal: answerSignal(asker, clock.now()) });
      return null;
    } catch (error) {
      return this.#warn(classifyDelivery(error));
    }
  }

  #warn(lost: DeliveryFailure | null): DeliveryFailure | null {
    if (lost === null) return null;
    const paths = lost.kind === 'refused' ? { code: lost.code, paths: lost.paths } : {};
    this.#options.log.warn('an answer did not reach Discord', { why: lost.kind, ...paths });
    return lost;
  }
}

function attachmentsOf(files: readonly RawFile[]): { id: number; filename: string }[] {
  return files.map(({ name }, id) => ({ id, filename: name }));
}
