/**
 * Pictures that are to move: from `/animate`, from the button of a card, from the menu of a message. One picture is a
 * job at once; of several, a private select asks which.
 */
import type { Engine } from '../jobs/engine.ts';
import type { Job, Reference, Request } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { Answers } from './answers.ts';
import type { Asker } from './ask.ts';
import type { DraftChoice } from './draft.ts';
import { requestOf, wishFor } from './draft-wish.ts';
import type { Drafts } from './drafts.ts';
import type { Intake } from './intake.ts';
import type { OwnerOf } from './model-owner.ts';
import { maySee } from './permissions.ts';
import { choicesOfJob } from './source-pictures.ts';

export interface AnimationsOptions {
  answers: Answers;
  engine: Engine;
  intake: Intake;
  drafts: Drafts;
  ownerOf: OwnerOf;
}

/** What was typed; null: nothing. */
export interface AnimateWish extends Pick<Request, 'model' | 'aspectRatio' | 'durationSeconds'> {
  prompt: string | null;
  provider: string | null;
  private: boolean | null;
}

const NOTHING_TYPED: AnimateWish = {
  prompt: null,
  provider: null,
  model: null,
  durationSeconds: null,
  aspectRatio: null,
  private: null,
};

export class Animations {
  readonly #options: AnimationsOptions;

  constructor(options: AnimationsOptions) {
    this.#options = options;
  }

  /** `/animate`: a file, or a job by its id; exactly one of them. Answers in every case, as all of these do. */
  async run(asker: Asker, source: { file: Reference | null; jobId: string | null }, wish: AnimateWish): Promise<void> {
    const { answers, engine } = this.#options;
    const locale = localeFor(asker.locale);
    const { file, jobId } = source;
    if ((file === null) === (jobId === null)) return answers.refuse(asker, locale.drafts.imageOrJob);
    if (file !== null) {
      const choice = { label: '', description: null, reference: file, itemName: null, prompt: null };
      return this.animate(asker, [choice], wish);
    }
    const job = await engine.get(jobId ?? '');
    // One that is not the asker's to see is answered as if there were none.
    if (job === undefined || !maySee(asker, job)) return answers.refuse(asker, locale.refusals.unknownJob);
    await this.animateJob(asker, job, wish);
  }

  /** The pictures of a job that the asker sees. */
  async animateJob(asker: Asker, job: Job, typed: Partial<AnimateWish> = {}): Promise<void> {
    const { answers } = this.#options;
    const locale = localeFor(asker.locale);
    const choices = choicesOfJob(job, locale);
    const why = describeLack(job, choices, locale);
    if (why !== null) return answers.refuse(asker, why);
    await this.animate(asker, choices, { ...typed, private: typed.private ?? job.private });
  }

  /** `choices`: at least one. */
  async animate(asker: Asker, choices: DraftChoice[], typed: Partial<AnimateWish>): Promise<void> {
    const { intake, drafts } = this.#options;
    const wish = { ...NOTHING_TYPED, ...typed };
    const wanted = { input: this.#requestFor(wish), private: wish.private === true };
    const [first] = choices;
    if (first !== undefined && choices.length === 1) return intake.submit(asker, wishFor(wanted, first));
    await drafts.ask(asker, { purpose: 'animate', ...wanted, choices });
  }

  #requestFor({ prompt, model, durationSeconds, aspectRatio, ...wish }: AnimateWish): Request {
    const provider = wish.provider ?? this.#options.ownerOf(model, 'video');
    const typed = { prompt: prompt ?? '', model, durationSeconds, aspectRatio };
    return requestOf({ command: 'animate', kind: 'video', provider, ...typed });
  }
}

/** Why nothing of the job can be made to move; null: something can. */
export function describeLack(job: Job, choices: readonly DraftChoice[], { drafts }: Locale): string | null {
  if (job.input.kind === 'video') return drafts.isVideo;
  if (!isFinal(job)) return drafts.stillOpen;
  return choices.length === 0 ? drafts.hasNoPicture : null;
}
