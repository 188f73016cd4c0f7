/** Small views of pictures, as files of an answer that asks which of them is meant. */
import type { RawFile } from 'discord.js';
import type { Asset } from '../jobs/job.ts';
import type { Clock } from '../jobs/ports.ts';
import type { SmallPictures } from './small-pictures.ts';

export interface ThumbnailsOptions {
  pictures: Pick<SmallPictures, 'thumbnailOf'>;
  clock: Clock;
}

/** Discord waits 3 seconds for the answer they are part of; one that takes longer is left out. */
const WITHIN_MS = 1_200;

export class Thumbnails {
  readonly #options: ThumbnailsOptions;

  constructor(options: ThumbnailsOptions) {
    this.#options = options;
  }

  /** In the order of the assets; null where there is none, or not in time. Never rejects. */
  async draw(assets: readonly (Asset | null)[]): Promise<(RawFile | null)[]> {
    const { pictures, clock } = this.#options;
    const timeIsUp = new AbortController();
    const late = clock.sleep(WITHIN_MS, timeIsUp.signal).then(
      () => null,
      () => null,
    );
    const drawn = assets.map(async (asset, index) => {
      const data = asset === null ? null : await Promise.race([pictures.thumbnailOf(asset), late]);
      return data === null ? null : { name: `picture_${index + 1}.webp`, data, contentType: 'image/webp' };
    });
    return Promise.all(drawn).finally(() => timeIsUp.abort());
  }
}
