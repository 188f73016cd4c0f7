/**
 * What the buttons of a card do. A press names an action and a job; everything else is read from what is
 * saved, so buttons work after a restart, after the token's end and in any version.
 *
 * A button acts on the card it stands on: presses of one card follow each other, and one that names
 * another job than the card shows does nothing. So a double click, or Retry and then Fallback, makes
 * one job.
 */
import type { Engine } from '../jobs/engine.ts';
import type { Job, Request } from '../jobs/job.ts';
import { doneNames, isFinal } from '../jobs/job.ts';
import { askForProduct, readProduct } from '../jobs/listing.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { Clock, JobStore } from '../jobs/ports.ts';
import type { Again } from './again.ts';
import type { Animations } from './animations.ts';
import type { Answers } from './answers.ts';
import type { ChoiceAsk, ModalAsk, PressAsk } from './ask.ts';
import type { Card } from './card.ts';
import { parseCustomId, type CustomId, type JobAction } from './custom-id.ts';
import type { Details } from './details.ts';
import type { Downloads } from './downloads.ts';
import { readEditedProduct, readEditedPrompt, renderEditForm } from './edit-form.ts';
import { type Intake, repeatWish, type Wish } from './intake.ts';
import { makerOf } from './item-words.ts';
import type { LiveMessage } from './live-message.ts';
import { mayChange, maySee } from './permissions.ts';
import { seconds } from './private-card.ts';

export interface ButtonsOptions {
  clock: Clock;
  answers: Answers;
  engine: Engine;
  jobs: JobStore;
  intake: Intake;
  live: LiveMessage;
  downloads: Downloads;
  details: Details;
  animations: Animations;
  again: Again;
}

/** The form that a button of a card opened. */
type FormAsk = ModalAsk & { messageId: string };
type CardAsk = PressAsk | FormAsk | ChoiceAsk;

/** A press of a button on a private answer is about a job, and about no card it stands on. */
interface JobPress {
  ask: PressAsk;
  job: Job;
  argument: string | null;
  locale: Locale;
}

interface Press extends JobPress {
  card: Card;
}

const CANCEL_SAVE_MS = 1_500;
const UNKNOWN_JOB_WAIT_MS = 1_000;
/**
 * Anybody who sees the button may press these. They change nothing on the card, so they wait for no other press:
 * a form must be the first answer, and sending ten megabytes takes longer than the 3 seconds.
 */
const OPEN_TO_ALL: ReadonlySet<JobAction> = new Set<JobAction>([
  'download',
  'again',
  'animate',
  'refresh',
  'edit',
  'details',
  'keep',
]);

export class Buttons {
  readonly #options: ButtonsOptions;
  /** The end of the last press of each card, while one is at work. */
  readonly #tails = new Map<string, Promise<void>>();

  constructor(options: ButtonsOptions) {
    this.#options = options;
  }

  owns(customId: string): boolean {
    return parseCustomId(customId) !== null;
  }

  /** Answers the press in every case. */
  async press(ask: PressAsk): Promise<void> {
    const id = parseCustomId(ask.customId);
    if (id === null) return this.#options.answers.refuse(ask, localeFor(ask.locale).refusals.unknownButton);
    if (OPEN_TO_ALL.has(id.action)) return this.#act(ask, id);
    // A deletion is about the card it was asked from, and follows what is pressed there.
    const cardId = id.action === 'delete-now' ? (id.argument ?? ask.messageId) : ask.messageId;
    await this.#inTurn(cardId, () => this.#act(ask, id));
  }

  /** The form behind `Edit prompt` came back. */
  async submit(ask: ModalAsk): Promise<void> {
    const id = parseCustomId(ask.customId);
    if (id?.action !== 'edit') return this.#options.answers.refuse(ask, localeFor(ask.locale).refusals.unknownButton);
    const { messageId } = ask;
    // Its card was deleted while the form was open.
    if (messageId === null) return this.#refuseUnknown(ask, id, localeFor(ask.locale));
    await this.#inTurn(messageId, () => this.#edit({ ...ask, messageId }, id.jobId));
  }

  /** Of several pictures that `Again` may be about, one was chosen, or all of them. */
  async choose(ask: ChoiceAsk): Promise<void> {
    const id = parseCustomId(ask.customId);
    if (id?.action !== 'again') return this.#options.answers.refuse(ask, localeFor(ask.locale).refusals.unknownButton);
    const job = await this.#find(ask, id.jobId, id.argument);
    if (job === undefined) return this.#refuseUnknown(ask, id, localeFor(ask.locale));
    await this.#options.again.choose(ask, job);
  }

  /** Presses of one card follow each other. */
  async #inTurn(messageId: string, act: () => Promise<void>): Promise<void> {
    const before = this.#tails.get(messageId) ?? Promise.resolve();
    const mine = before.then(act);
    const tail = mine.catch(() => undefined);
    this.#tails.set(messageId, tail);
    try {
      await mine;
    } finally {
      if (this.#tails.get(messageId) === tail) this.#tails.delete(messageId);
    }
  }

  async #act(ask: PressAsk, { action, jobId, argument }: CustomId): Promise<void> {
    const { answers } = this.#options;
    const locale = localeFor(ask.locale);
    const job = await this.#find(ask, jobId, argument);
    if (job === undefined) return this.#refuseUnknown(ask, { action, jobId }, locale);
    if (!OPEN_TO_ALL.has(action) && !mayChange(ask, job))
      return answers.refuse(ask, locale.refusals.notYours(job.userId));
    const press: JobPress = { ask, job, argument, locale };
    if (await this.#runPrivate(action, press)) return;
    const card = await this.#cardOf(ask, job);
    // It has moved on: nothing is done, but the card may show less than it should, and has a fresh token now.
    if (card.currentJobId !== job.id) return this.#showAgain(ask, card);
    await this.#runOnCard(action, { ...press, card });
  }

  /** What the presser may not see answers exactly like what does not exist. `argument`: the card, perhaps. */
  async #find(ask: CardAsk, jobId: string, argument: string | null = null): Promise<Job | undefined> {
    const job = await this.#options.engine.get(jobId);
    if (job === undefined || maySee(ask, job)) return job;
    const isHere = (await this.#standsHere(ask, job, ask.messageId)) || (await this.#standsHere(ask, job, argument));
    return isHere ? job : undefined;
  }

  /** Whether this message of the presser's channel shows the job: its asker had it shown there, from another server. */
  async #standsHere(ask: CardAsk, job: Job, messageId: string | null): Promise<boolean> {
    const card = messageId === null || job.private ? undefined : await this.#options.live.getCard(messageId);
    return card?.currentJobId === job.id && card.channelId === ask.channelId;
  }

  async #refuseUnknown(
    ask: PressAsk | ModalAsk | ChoiceAsk,
    { action, jobId }: Pick<CustomId, 'action' | 'jobId'>,
    locale: Locale,
  ): Promise<void> {
    const { answers, jobs, clock, downloads } = this.#options;
    const removedAt = await jobs.getRemovedAt(jobId);
    if (removedAt === undefined) {
      // Another process of this bot may know it (while one replaces another) and answers first then.
      await clock.sleep(UNKNOWN_JOB_WAIT_MS);
      return answers.refuse(ask, locale.refusals.unknownJob);
    }
    if (ask.kind === 'press' && action === 'download') return downloads.sendFromCard(ask, removedAt, locale);
    await answers.refuse(ask, locale.refusals.removed(seconds(removedAt)));
  }

  /** What is answered privately and needs no card. False: it is none of these. */
  async #runPrivate(action: JobAction, { ask, job, argument, locale }: JobPress): Promise<boolean> {
    const { details, downloads, animations } = this.#options;
    const isFromCard = action === 'details' && argument === null;
    const about = {
      ask,
      job,
      cardMessageId: isFromCard ? ask.messageId : argument === 'list' ? null : argument,
      locale,
    };
    switch (action) {
      case 'download':
        await downloads.send(ask, job, locale);
        return true;
      case 'details':
      case 'keep':
        await details.show(about, action === 'keep');
        return true;
      case 'animate':
        await animations.animateJob(ask, job);
        return true;
      case 'delete':
        await details.askBeforeDelete(about);
        return true;
      case 'delete-now':
        await details.delete(this.#isTaken(argument, job) ? { ...about, cardMessageId: null } : about);
        return true;
      default:
        return false;
    }
  }

  async #runOnCard(action: JobAction, press: Press): Promise<void> {
    switch (action) {
      case 'cancel':
        return this.#cancel(press);
      case 'retry':
        return this.#retry(press);
      case 'fallback':
        return this.#fallBack(press);
      case 'again':
        return this.#options.again.press(press.ask, press.job);
      case 'edit':
        return this.#openForm(press);
      default:
        return this.#showAgain(press.ask, press.card);
    }
  }

  async #openForm({ ask, job, card, locale }: Press): Promise<void> {
    if (!isFinal(job)) return this.#showAgain(ask, card);
    if (!mayEdit(ask, job)) return this.#options.answers.refuse(ask, locale.refusals.notYours(job.userId));
    await this.#options.answers.openModal(ask, renderEditForm(job, locale));
  }

  /** Other words: on a card of finished work a new card for whoever asks, else the same card. */
  async #edit(ask: FormAsk, jobId: string): Promise<void> {
    const { answers, intake } = this.#options;
    const locale = localeFor(ask.locale);
    const job = await this.#find(ask, jobId);
    if (job === undefined) return this.#refuseUnknown(ask, { action: 'edit', jobId }, locale);
    if (!mayEdit(ask, job)) return answers.refuse(ask, locale.refusals.notYours(job.userId));
    const card = await this.#cardOf(ask, job);
    // While the form was open the card may have gone on to something else: what was typed must not end that.
    if (!isFinal(job) || card.currentJobId !== job.id) return this.#showAgain(ask, card);
    const input = readEdited(job, ask.fields, locale);
    if (typeof input === 'string') return answers.refuse(ask, input);
    if (job.state !== 'done') return this.#takeOver({ ask, job, card }, repeatWish(job, { input }));
    await intake.submit(ask, repeatWish(job, { input }));
  }

  async #cancel({ ask, job, card }: Press): Promise<void> {
    const { engine, answers, clock } = this.#options;
    // Saved before it is said, unless the disk takes longer than Discord waits for an answer.
    await Promise.race([engine.cancel(job.id, ask.userId), clock.sleep(CANCEL_SAVE_MS)]);
    await answers.acknowledge(ask);
    await this.#refreshCard(card, ask);
  }

  async #retry(press: Press): Promise<void> {
    const { job, argument } = press;
    // `Retry: replicate` on a card that fell back goes to the provider that failed first.
    const provider = argument ?? job.input.provider;
    const model = provider === job.input.provider ? job.input.model : null;
    // Settings are the model's own.
    const settings = model === job.input.model && provider === job.input.provider ? job.input.settings : {};
    const input = { ...job.input, provider, model, settings };
    if (!isFinal(job)) return this.#showAgain(press.ask, press.card);
    if (job.state !== 'done') {
      const carry = { from: job, names: doneNames(job) };
      const fallbackFrom = provider === job.input.provider ? job.fallbackFrom : null;
      return this.#takeOver(press, repeatWish(job, { input, fallbackFrom, carry }));
    }
    if (argument === null || job.fallbackFrom !== argument) return this.#showAgain(press.ask, press.card);
    // The preview is finished work: it stays where it is, and the retry gets a card of its own. What of a set the first
    // service had made before is not made again.
    const names = new Set(job.items.filter((item) => makerOf(item, job) === argument).map(({ name }) => name));
    await this.#options.intake.submit(press.ask, repeatWish(job, { input, carry: { from: job, names } }));
  }

  async #fallBack(press: Press): Promise<void> {
    const { argument } = press;
    const job = isFinal(press.job) ? press.job : await this.#leaveLine(press);
    if (!isFinal(job) || job.state === 'done' || argument === null) return this.#showAgain(press.ask, press.card);
    const first = job.fallbackFrom ?? job.input.provider;
    const wish = repeatWish(job, {
      input: { ...job.input, provider: argument, model: null, settings: {} },
      // Back at the first one, nothing stands in for it any more.
      fallbackFrom: argument === first ? null : first,
      carry: { from: job, names: doneNames(job) },
    });
    await this.#takeOver({ ...press, job }, wish);
  }

  /** A card that waits for a service in trouble offers another one: the job leaves the line first. The job as it is then. */
  async #leaveLine({ ask, job }: Press): Promise<Job> {
    const { engine, clock } = this.#options;
    const ended = engine.withdraw(job.id, ask.userId).then((isOut) => (isOut ? engine.whenEnded(job.id) : undefined));
    await Promise.race([ended, clock.sleep(CANCEL_SAVE_MS)]);
    return (await engine.get(job.id)) ?? job;
  }

  async #takeOver({ ask, card, job }: { ask: CardAsk; card: Card; job: Job }, wish: Wish): Promise<void> {
    // An earlier press may still be waiting to hear whether its answer stands.
    if (this.#isTaken(card.messageId, job)) return this.#options.answers.acknowledge(ask);
    await this.#options.intake.takeOver(ask, card, job, wish);
  }

  /** Whether another job that repeats this one is on its way to the card. */
  #isTaken(cardMessageId: string | null, job: Job): boolean {
    const open = this.#options.engine.listOpen();
    if (this.#options.intake.goesOnAlone(job)) return true;
    return open.some(({ retryOf, origin }) => retryOf === job.id && origin.cardMessageId === cardMessageId);
  }

  /** The card showed a button that no longer fits: take the press and draw the card as it is. */
  async #showAgain(ask: CardAsk, card: Card): Promise<void> {
    await this.#options.answers.acknowledge(ask);
    await this.#refreshCard(card, ask);
  }

  async #refreshCard(card: Card, ask: CardAsk): Promise<void> {
    const { live } = this.#options;
    await live.renewToken(card, ask);
    const renewed = await live.getCard(card.messageId);
    if (renewed !== undefined) await live.redraw(renewed);
  }

  /**
   * The record of the card; one that was lost is made anew. Not with the press's token: nobody knows yet what will
   * answer the press, and a token edits its own answer.
   */
  async #cardOf(ask: CardAsk, job: Job): Promise<Card> {
    return (
      (await this.#options.live.getCard(ask.messageId)) ??
      this.#options.live.attach(ask.messageId, job, job.origin, ask)
    );
  }
}

/** The request with other words, of a listing with other prompts too; or the sentence that refuses them. */
function readEdited({ input, references }: Job, fields: ReadonlyMap<string, string>, locale: Locale): Request | string {
  if (input.product === null) return { ...input, prompt: readEditedPrompt(fields), itemPrompts: {} };
  const read = readProduct(readEditedProduct(fields), input.product.keywords);
  if (read.problem !== null) return locale.listing.refused(read.problem);
  return askForProduct(input, read.product, references.length > 0);
}

/** Finished work is anybody's to start from; what failed is taken over, and belongs to the asker. */
function mayEdit(ask: CardAsk, job: Job): boolean {
  return job.state === 'done' || mayChange(ask, job);
}
