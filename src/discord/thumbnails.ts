/** Small views of pictures, for a person to tell them apart before choosing. */
import type { RawFile } from 'discord.js';
import type { Asset } from '../jobs/job.ts';
import { type AssetStore, type Clock, type Log, StoreFailure } from '../jobs/ports.ts';

export interface ThumbnailsOptions {
  assets: AssetStore;
  /** null: the bytes are no picture it can read. */
  makeThumbnail: (bytes: Uint8Array, side: number) => Promise<Uint8Array | null>;
  clock: Clock;
  log: Log;
}

/** Pixels. One size for all small views: each is made once. */
const SIDE = 256;
/** Discord waits 3 seconds for the answer they are part of; one that takes longer is left out. */
const WITHIN_MS = 1_200;

class NoPicture extends Error {
  override name = 'NoPicture';
}

export class Thumbnails {
  readonly #options: ThumbnailsOptions;

  constructor(options: ThumbnailsOptions) {
    this.#options = options;
  }

  /** In the order of the assets; null where there is none, or not in time. */
  async draw(assets: readonly (Asset | null)[]): Promise<(RawFile | null)[]> {
    const { clock } = this.#options;
    const timeIsUp = new AbortController();
    const late = clock.sleep(WITHIN_MS, timeIsUp.signal).then(
      () => null,
      () => null,
    );
    const drawn = assets.map(async (asset, index) => {
      const data = asset === null ? null : await Promise.race([this.#derive(asset), late]);
      return data === null ? null : { name: `picture_${index + 1}.webp`, data, contentType: 'image/webp' };
    });
    return Promise.all(drawn).finally(() => timeIsUp.abort());
  }

  async #derive(asset: Asset): Promise<Buffer | null> {
    const { assets, makeThumbnail, log } = this.#options;
    try {
      return await assets.derive(asset, 'thumbnail', async (bytes) => {
        const made = await makeThumbnail(bytes, SIDE);
        if (made === null) throw new NoPicture();
        return made;
      });
    } catch (error) {
      if (error instanceof NoPicture) return null;
      if (!(error instanceof StoreFailure)) throw error;
      log.warn('a picture could not be read for a small view of it', { errorMessage: error.message });
      return null;
    }
  }
}
