/** How large files may be, by server: what its boosts allow is the `attachment_size_limit` of every interaction there. */

/** 10 MiB a file without boosts (Discord's documentation, "Uploading Files"). */
const USUAL_BYTES = 10 * 1024 * 1024;

export class UploadLimits {
  readonly #byGuild = new Map<string, number>();

  set(guildId: string, bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 1) {
      throw new RangeError(`Expected a size limit to be a whole number of bytes from 1 up, got ${bytes}.`);
    }
    this.#byGuild.set(guildId, bytes);
  }

  /** Of what a bot posts there, and as its interactions tell it. */
  ofBot(guildId: string | null): number {
    return this.#byGuild.get(guildId ?? '') ?? USUAL_BYTES;
  }

  /** A person may send 10 MiB in any server, and more where its boosts allow it. */
  ofPerson(guildId: string): number {
    return Math.max(this.ofBot(guildId), USUAL_BYTES);
  }
}
