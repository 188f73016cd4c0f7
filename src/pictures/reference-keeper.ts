/** Makes the pictures people give files of their own jobs: fetched, checked, made ready and kept. */
import { failure, type Reference, type ReferencePicture } from '../jobs/job.ts';
import { ReferenceRefused, type AssetStore, type ReferenceKeeper } from '../jobs/ports.ts';
import { preparePicture } from './prepare.ts';

export interface ReferenceKeeperOptions {
  assets: AssetStore;
  /**
   * The bytes behind an address of Discord's, limited in size and time. Rejects with ReferenceRefused, and with the
   * signal's reason.
   */
  fetchBytes: (url: string, signal: AbortSignal) => Promise<Uint8Array>;
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
      const asset = await assets.adopt(reference.picture.asset, place);
      return { name, fromJobId, state: 'kept', picture: { ...reference.picture, asset } };
    }
    const { source } = reference;
    const bytes =
      source.kind === 'asset' ? await assets.read(source.asset) : await this.#options.fetchBytes(source.url, signal);
    const prepared = await preparePicture(bytes);
    if ('why' in prepared)
      throw new ReferenceRefused(failure('reference-refused', 'give-up', { details: { why: prepared.why, name } }));
    signal.throwIfAborted();
    const { width, height, isFirstFrame, ...file } = prepared;
    const picture: ReferencePicture = { asset: await assets.put({ ...place, ...file }), width, height, isFirstFrame };
    return { name, fromJobId, state: 'kept', picture };
  }
}
