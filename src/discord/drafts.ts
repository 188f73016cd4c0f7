/**
 * Drafts: asked for with a select or a form, kept until they are answered, turned into jobs.
 *
 * A draft is saved before its question is shown, so no question outlives what it is about. Its pictures become files
 * of its own while its asker is still thinking; whichever is not there yet when the answer comes is copied by the job
 * itself. An answer changes nothing on the draft: another one makes another job.
 */
import type { RawFile } from 'discord.js';
import { type AssetStore, type Clock, type Log, ReferenceRefused, type ReferenceKeeper } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { Answers } from './answers.ts';
import type { Asker, ChoiceAsk, ModalAsk } from './ask.ts';
import type { Draft, DraftStore } from './draft.ts';
import { createDraftId, DRAFT_PREFIX, isDraftId, formatDraftId, parseDraftId } from './draft-id.ts';
import { wishFor } from './draft-wish.ts';
import { deriveJobId, type Intake } from './intake.ts';
import { optionsOf, readDraftForm, renderDraftForm, renderPick } from './render-draft.ts';
import { seconds } from './private-card.ts';
import type { Part } from './router.ts';
import type { Thumbnails } from './thumbnails.ts';

export interface DraftsOptions {
  store: DraftStore;
  keeper: ReferenceKeeper;
  assets: DraftFiles;
  thumbnails: Pick<Thumbnails, 'draw'>;
  answers: Answers;
  intake: Pick<Intake, 'submit'>;
  /** A secret of this store. */
  storeKey: string;
  /** When a job was removed; undefined: it never was. */
  getRemovedAt: (jobId: string) => Promise<number | undefined>;
  clock: Clock;
  log: Log;
  /** Ends copies and waits when the process stops. */
  signal: AbortSignal;
}

/** The files of drafts. Its methods reject with StoreFailure. */
export interface DraftFiles extends Pick<AssetStore, 'removeAll'> {
  /** The folders whose name begins so. */
  listFolders(prefix: string): Promise<string[]>;
}

export type NewDraft = Pick<Draft, 'purpose' | 'input' | 'private' | 'choices'>;

const LIFE_MS = 24 * 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;
/** An answer that came in time may still be linking the draft's files. */
const GRACE_MS = 60_000;
/** Of one person; the oldest goes. More than anybody looks at, and a bound on what copies may fill. */
const MOST_OF_A_USER = 20;

export class Drafts implements Part {
  readonly #options: DraftsOptions;
  /** Draft and choice. */
  readonly #beingAnswered = new Set<string>();
  /** Copies under way, by the draft. */
  readonly #copying = new Map<string, { ending: AbortController; ended: Promise<void> }>();

  constructor(options: DraftsOptions) {
    this.#options = options;
  }

  /** Asks what is still to be said. Answers the interaction in every case. */
  async ask(asker: Asker, wanted: NewDraft): Promise<void> {
    const { store, answers, clock, log, storeKey } = this.#options;
    const locale = localeFor(asker.locale);
    const id = createDraftId(deriveJobId(`draft:${asker.interactionId}`, storeKey));
    // Delivered twice: it is being asked already.
    if (store.has(id)) return;
    const now = clock.now();
    const draft: Draft = { v: 1, id, userId: asker.userId, createdAt: now, expiresAt: now + LIFE_MS, ...wanted };
    try {
      await store.save(draft);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      log.error('a draft could not be saved', { errorMessage: error.message });
      return answers.refuse(asker, locale.refusals.storeFailing);
    }
    // A form must be the first answer, within 3 seconds: nothing is copied before it is out.
    if (draft.purpose === 'use') await answers.openModal(asker, renderDraftForm(draft, locale));
    else await this.#showSelect(asker, draft, locale);
    this.#copy(draft);
    await this.#makeRoom(asker.userId);
  }

  owns(customId: string): boolean {
    return parseDraftId(customId) !== null;
  }

  async choose(ask: ChoiceAsk): Promise<void> {
    const draft = await this.#open(ask);
    if (draft !== null) await this.#submit(ask, draft, ask.values[0]);
  }

  async submit(ask: ModalAsk): Promise<void> {
    const draft = await this.#open(ask);
    if (draft === null) return;
    const { prompt, picture } = readDraftForm(ask.fields);
    await this.#submit(ask, { ...draft, input: { ...draft.input, prompt } }, picture);
  }

  /** After a start: goes on with copies that were cut, and from then on removes what has expired. Never rejects. */
  async start(): Promise<void> {
    const { store, clock, log, signal } = this.#options;
    try {
      await this.sweep();
      for (const { id } of store.list()) {
        const draft = await store.get(id);
        if (draft !== undefined) this.#copy(draft);
      }
      for (;;) {
        await clock.sleep(SWEEP_EVERY_MS, signal);
        await this.sweep();
      }
    } catch (error) {
      if (signal.aborted) return;
      log.error('drafts are no longer looked after', {
        errorMessage: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** Removes drafts that have expired, with their files, and files that no draft names. Trouble is for the next time. */
  async sweep(): Promise<void> {
    const { store, assets, clock, log } = this.#options;
    try {
      for (const { id, expiresAt } of store.list()) if (expiresAt + GRACE_MS <= clock.now()) await this.#remove(id);
      const folders = await assets.listFolders(DRAFT_PREFIX);
      for (const id of folders) if (isDraftId(id) && !store.has(id)) await assets.removeAll(id);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      log.warn('expired drafts could not be removed', { errorMessage: error.message });
    }
  }

  // ------------------------------------------------------------------------------------ the question

  async #showSelect(asker: Asker, draft: Draft, locale: Locale): Promise<void> {
    const { pictures, files } = await this.#drawPictures(draft);
    const card = renderPick({
      question: locale.drafts.whichMoves,
      prompt: draft.input.prompt,
      customId: formatDraftId(draft.id),
      placeholder: locale.drafts.choose,
      options: optionsOf(draft.choices),
      order: locale.drafts.order(pictures.map(({ label }) => label)),
      pictures,
    });
    await this.#options.answers.show(asker, card, files);
  }

  /** What Discord shows already is shown from there; what the bot made, small. */
  async #drawPictures({ choices }: Draft): Promise<{ pictures: { url: string; label: string }[]; files: RawFile[] }> {
    const sources = choices.map(({ reference }) => (reference.state === 'coming' ? reference.source : null));
    const assets = sources.map((source) => (source?.kind === 'asset' ? source.asset : null));
    const drawn = await this.#options.thumbnails.draw(assets);
    const pictures = choices.flatMap(({ label }, index) => {
      const source = sources[index];
      const file = drawn[index];
      if (source?.kind === 'address') return [{ url: source.url, label }];
      return file == null ? [] : [{ url: `attachment://${file.name}`, label }];
    });
    return { pictures, files: drawn.filter((file) => file !== null) };
  }

  // -------------------------------------------------------------------------------------- the answer

  /** The draft that an answer is about; null: the one who answered was told why not. */
  async #open(ask: ChoiceAsk | ModalAsk): Promise<Draft | null> {
    const { store, answers, clock } = this.#options;
    const { drafts } = localeFor(ask.locale);
    const draft = await store.get(parseDraftId(ask.customId) ?? '');
    const isOpen = draft !== undefined && clock.now() < draft.expiresAt;
    if (isOpen && draft.userId === ask.userId) return draft;
    await answers.refuse(ask, isOpen ? drafts.notYours : drafts.expired);
    return null;
  }

  async #submit(asker: Asker, draft: Draft, place: string | undefined): Promise<void> {
    const choice = /^\d{1,2}$/.test(place ?? '') ? draft.choices[Number(place)] : undefined;
    if (choice === undefined) {
      return this.#options.answers.refuse(asker, localeFor(asker.locale).drafts.expired);
    }
    const { fromJobId } = choice.reference;
    const removedAt = fromJobId === null ? undefined : await this.#options.getRemovedAt(fromJobId);
    // Deleted for good means these copies too.
    if (removedAt !== undefined) {
      await this.#options.answers.refuse(asker, localeFor(asker.locale).refusals.removed(seconds(removedAt)));
      return this.#remove(draft.id);
    }
    // A select stays as it is while its answer is on the way: pressed twice, it is meant once.
    const chosen = `${draft.id}:${place}`;
    if (this.#beingAnswered.has(chosen)) return this.#options.answers.acknowledge(asker);
    this.#beingAnswered.add(chosen);
    await this.#options.intake.submit(asker, wishFor(draft, choice)).finally(() => this.#beingAnswered.delete(chosen));
  }

  // --------------------------------------------------------------------------------------- the files

  /** In the background, one after another: each may be large. A second call while it goes on changes nothing. */
  #copy(draft: Draft): void {
    if (this.#copying.has(draft.id) || draft.choices.every(({ reference }) => reference.state === 'kept')) return;
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, ending.signal]);
    const ended = this.#copyAll(draft, signal).finally(() => this.#copying.delete(draft.id));
    this.#copying.set(draft.id, { ending, ended });
  }

  /** Never rejects: the job of whoever chooses a picture that could not be copied says why. */
  async #copyAll({ id, choices }: Draft, signal: AbortSignal): Promise<void> {
    const { keeper, store, log } = this.#options;
    for (const [index, { reference }] of choices.entries()) {
      if (reference.state === 'kept') continue;
      try {
        await store.keepReference(id, index, await keeper.keep(reference, { id, index }, signal));
      } catch (error) {
        if (signal.aborted) return;
        const why = error instanceof ReferenceRefused ? error.failure.reason : 'not saved';
        if (!(error instanceof ReferenceRefused || error instanceof StoreFailure)) {
          log.error('a bug ended a copy for a draft', { errorMessage: String(error) });
          return;
        }
        log.info('a picture of a draft was not copied', { draftId: id, index, why });
      }
    }
    log.info('the pictures of a draft were copied', { draftId: id, count: choices.length });
  }

  async #makeRoom(userId: string): Promise<void> {
    const own = this.#options.store.list().filter((entry) => entry.userId === userId);
    for (const { id } of own.slice(0, Math.max(0, own.length - MOST_OF_A_USER))) {
      await this.#remove(id).catch((error: unknown) => {
        // The sweep removes it in its time.
        if (!(error instanceof StoreFailure)) throw error;
      });
    }
  }

  /** The files first: what is left of a removal cut in half is done again by the next sweep. */
  async #remove(id: string): Promise<void> {
    const { store, assets } = this.#options;
    const copy = this.#copying.get(id);
    copy?.ending.abort();
    await copy?.ended;
    await assets.removeAll(id);
    await store.delete(id);
  }
}
