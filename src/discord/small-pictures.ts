/** Small pictures of what was made, drawn once and kept beside the original. A few at a time: others draw, too. */
import { AtOnce } from '../jobs/at-once.ts';
import type { Asset, Job } from '../jobs/job.ts';
import type { AssetStore, Log } from '../jobs/ports.ts';
import { SMALLER_BYTES } from './shown-files.ts';

export interface SmallPicturesOptions {
  assets: Pick<AssetStore, 'derive'>;
  /** A WebP whose longer side is at most `side` pixels, of about 20 KB; null: the bytes are no picture. */
  makeThumbnail: (bytes: Uint8Array, side: number) => Promise<Uint8Array | null>;
  /** The best WebP of at most so many bytes; null: the bytes are no picture, or none is small enough. */
  makePreview: (bytes: Uint8Array, limits: { mostBytes: number }) => Promise<Uint8Array | null>;
  log: Log;
}

/** A thumbnail stands on 85 pixels, and a phone has three for each of them. */
const THUMBNAIL_SIDE = 256;
const AT_ONCE = 3;

class NoPicture extends Error {
  override name = 'NoPicture';
}

export class SmallPictures {
  readonly #options: SmallPicturesOptions;
  readonly #few = new AtOnce(AT_ONCE);

  constructor(options: SmallPicturesOptions) {
    this.#options = options;
  }

  /** For a list. null: there is nothing to draw it from, or that cannot be read. Never rejects. */
  async thumbnail(job: Job): Promise<Buffer | null> {
    const asset = pictureOf(job);
    return asset === undefined ? null : this.thumbnailOf(asset);
  }

  /** As `thumbnail`, of one picture. */
  async thumbnailOf(asset: Asset): Promise<Buffer | null> {
    return this.#derive(asset, 'thumbnail', (bytes) => this.#options.makeThumbnail(bytes, THUMBNAIL_SIDE));
  }

  /** In place of an original that is too large to be shown. null: it is no picture, or cannot be read. Never rejects. */
  async preview(asset: Asset): Promise<Buffer | null> {
    if (!asset.mimeType.startsWith('image/')) return null;
    // The same as cards show, under the same name.
    const mostBytes = SMALLER_BYTES.preview;
    return this.#derive(asset, 'preview', (bytes) => this.#options.makePreview(bytes, { mostBytes }));
  }

  async #derive(
    asset: Asset,
    name: string,
    make: (bytes: Uint8Array) => Promise<Uint8Array | null>,
  ): Promise<Buffer | null> {
    const { assets, log } = this.#options;
    const derive = () =>
      assets.derive(asset, name, async (bytes) => {
        const made = await make(bytes);
        if (made === null) throw new NoPicture();
        return made;
      });
    try {
      return await this.#few.run(derive);
    } catch (error) {
      const errorMessage = error instanceof Error ? error.message : String(error);
      if (!(error instanceof NoPicture))
        log.warn('a small picture could not be made', { file: asset.file, errorMessage });
      return null;
    }
  }
}

/** A video is told by the picture it began with. */
function pictureOf({ result, references }: Job): Asset | undefined {
  if (result.length === 0) return undefined;
  const made = result.find(({ mimeType }) => mimeType.startsWith('image/'));
  const [reference] = references.filter((each) => each.state === 'kept');
  return made ?? reference?.picture.asset;
}
