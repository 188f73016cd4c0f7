/** Makes the pictures people give files of their own jobs: fetched, checked, made ready and kept. */
import { failure, type Reference, type ReferencePicture } from '../jobs/job.ts';
import { AtOnce } from '../jobs/at-once.ts';
import { ReferenceRefused, StoreFailure, type AssetStore, type ReferenceKeeper } from '../jobs/ports.ts';
import { GIVEN_LIMITS, MADE_LIMITS, type PreparedPicture, preparePicture, type RefusedPicture } from './prepare.ts';

export interface ReferenceKeeperOptions {
  assets: AssetStore;
  /**
   * The bytes behind an address of Discord's, limited in size and time; the name is for the sentence of a refusal.
   * Rejects with ReferenceRefused, and with the signal's reason.
   */
  fetchBytes: (source: { url: string; name: string }, signal: AbortSignal) => Promise<Uint8Array>;
}

type Kept = Reference & { state: 'kept' };
type Source = (Reference & { state: 'coming' })['source'];

/** The name under which references lie in their job's folder, beside the items. */
const REFERENCE = 'reference';
/** Each holds up to 20 MB from its first byte to its last step; what waits holds none. */
const AT_ONCE = 4;

export class PictureKeeper implements ReferenceKeeper {
  readonly #options: ReferenceKeeperOptions;
  readonly #few = new AtOnce(AT_ONCE);

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
    const prepared = await this.#few.run(() => this.#prepare(source, name, signal), signal);
    if ('why' in prepared)
      throw new ReferenceRefused(failure('reference-refused', 'give-up', { details: { why: prepared.why, name } }));
    signal.throwIfAborted();
    const { width, height, isFirstFrame, ...file } = prepared;
    const picture: ReferencePicture = { asset: await assets.put({ ...place, ...file }), width, height, isFirstFrame };
    return { name, fromJobId, state: 'kept', picture };
  }

  async #prepare(source: Source, name: string, signal: AbortSignal): Promise<PreparedPicture | RefusedPicture> {
    const { assets, fetchBytes } = this.#options;
    return source.kind === 'asset'
      ? preparePicture(await orLost(assets.read(source.asset)), MADE_LIMITS)
      : preparePicture(await fetchBytes({ url: source.url, name }, signal), GIVEN_LIMITS);
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
