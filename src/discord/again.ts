/**
 * `Again`: the same once more, with a new seed. Of a job with several pictures a private select asks first whether all
 * of them or one is meant. The select carries the job and the card it is about, so it needs no memory.
 */
import type { Job } from '../jobs/job.ts';
import { nameItems } from '../jobs/job.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { Answers } from './answers.ts';
import type { Asker, ChoiceAsk, PressAsk } from './ask.ts';
import { formatCustomId } from './custom-id.ts';
import { type Intake, repeatWish } from './intake.ts';
import { renderPick } from './render-draft.ts';
import { type JobPicture, listJobPictures } from './source-pictures.ts';
import type { Thumbnails } from './thumbnails.ts';

export interface AgainOptions {
  answers: Answers;
  intake: Intake;
  thumbnails: Thumbnails;
}

/** The value of the option that means every picture; no item is called so. */
const ALL = '*';

export class Again {
  readonly #options: AgainOptions;

  constructor(options: AgainOptions) {
    this.#options = options;
  }

  async press(ask: PressAsk, job: Job): Promise<void> {
    const locale = localeFor(ask.locale);
    const pictures = onePerItem(listJobPictures(job, locale));
    if (pictures.length > 1) return this.#askWhich(ask, job, pictures, locale);
    await this.#repeat(ask, job, ALL);
  }

  /** What was chosen of the select. Anybody who got it may make another card of it, as with the button. */
  async choose(ask: ChoiceAsk, job: Job): Promise<void> {
    await this.#repeat(ask, job, ask.values[0] ?? ALL);
  }

  async #repeat(asker: Asker, job: Job, chosen: string): Promise<void> {
    const item = job.items.find(({ name }) => name === chosen);
    const input = { ...job.input, seed: null };
    // Of a set the name says what the picture is for; of several alike it only counts them.
    const alone = item === undefined || job.input.product !== null ? item?.name : nameItems(job.input.kind, 1)[0];
    const change = alone === undefined ? { input } : { input, itemNames: [alone] as const };
    await this.#options.intake.submit(asker, repeatWish(job, change));
  }

  async #askWhich(ask: PressAsk, job: Job, pictures: readonly JobPicture[], { drafts }: Locale): Promise<void> {
    const drawn = await this.#options.thumbnails.draw(pictures.map(({ asset }) => asset));
    const shown = pictures.flatMap(({ label }, index) => {
      const file = drawn[index];
      return file == null ? [] : [{ url: `attachment://${file.name}`, label }];
    });
    const one = pictures.map(({ itemName, label, description }) => ({
      label,
      value: itemName,
      ...(description === null ? {} : { description }),
    }));
    const card = renderPick({
      question: drafts.whichAgain,
      prompt: '',
      customId: formatCustomId({ action: 'again', jobId: job.id, argument: ask.messageId }),
      placeholder: drafts.choose,
      options: [{ label: drafts.all, value: ALL, description: drafts.allMeans(job.items.length) }, ...one],
      order: drafts.order(shown.map(({ label }) => label)),
      pictures: shown,
    });
    const files = drawn.filter((file) => file !== null);
    await this.#options.answers.show(ask, card, files);
  }
}

/** A run of some models gives several pictures at once: they are made again together. */
function onePerItem(pictures: readonly JobPicture[]): JobPicture[] {
  const seen = new Set<string>();
  return pictures.filter(({ itemName }) => !seen.has(itemName) && seen.add(itemName));
}
