/** Makes the pictures people give files of their own jobs: fetched, checked, made ready and kept. */
import { type Asset, failure, type Reference, type ReferencePicture } from '../jobs/job.ts';
import { ReferenceRefused, StoreFailure, type AssetStore, type ReferenceKeeper } from '../jobs/ports.ts';
import { GIVEN_LIMITS, MADE_LIMITS, preparePicture } from './prepare.ts';

export interface ReferenceKeeperOptions {
  assets: AssetStore;
  /**
   * The bytes behind an address of Discord's, limited in size and time; the name is for the sentence of a refusal.
   * Rejects with ReferenceRefused, and with the signal's reason.
   */
  fetchBytes: (source: { url: string; name: string }, signal: AbortSignal) => Promise<Uint8Array>;
}

type Kept = Reference & { state: 'kept' };

/** The name under which references lie in their job's folder, beside the items. */
const REFERENCE = 'reference';

export class PictureKeeper implements ReferenceKeeper {
  readonly #options: ReferenceKeeperOptions;

  constructor(options: ReferenceKeeperOptions) {
    this.#options = options;
  }

  async keep(reference: Reference, owner: { id: string; index: number }, signal: AbortSignal): Promise<Kept> {
    const { assets } = this.#options;
    const { name, fromJobId } = reference;
    const place = { jobId: owner.id, item: REFERENCE, index: owner.index };
    if (reference.state === 'kept') {
      const asset = await orLost(assets.adopt(reference.picture.asset, place));
      return { name, fromJobId, state: 'kept', picture: { ...reference.picture, asset } };
    }
    const { source } = reference;
    const prepared =
      source.kind === 'asset'
        ? await preparePicture(await this.#read(source.asset), MADE_LIMITS)
        : await preparePicture(await this.#options.fetchBytes({ url: source.url, name }, signal), GIVEN_LIMITS);
    if ('why' in prepared)
      throw new ReferenceRefused(failure('reference-refused', 'give-up', { details: { why: prepared.why, name } }));
    signal.throwIfAborted();
    const { width, height, isFirstFrame, ...file } = prepared;
    const picture: ReferencePicture = { asset: await assets.put({ ...place, ...file }), width, height, isFirstFrame };
    return { name, fromJobId, state: 'kept', picture };
  }

  #read(asset: Asset): Promise<Buffer> {
    return orLost(this.#options.assets.read(asset));
  }
}

/** A file that is gone comes back by no other try, as what a full disk refused may. */
async function orLost<T>(reading: Promise<T>): Promise<T> {
  return reading.catch((error: unknown) => {
    const cause = error instanceof StoreFailure ? error.cause : undefined;
    if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'ENOENT') throw error;
    throw new ReferenceRefused(failure('reference-lost', 'give-up'));
  });
}
