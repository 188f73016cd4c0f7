/** The interaction that gives a message a token, and how long that is good for edits. */
export interface TokenSource {
  applicationId: string;
  token: string;
  tokenExpiresAt: number;
}

/** The token is left this long before it ends, for edits under way and clocks that differ. */
const TOKEN_MARGIN_MS = 60_000;

/** When edits by a token end: a little before it does, and so do the live updates of a private card. */
export function endOfEdits({ tokenExpiresAt }: Pick<TokenSource, 'tokenExpiresAt'>): number {
  return tokenExpiresAt - TOKEN_MARGIN_MS;
}

export function pickToken({ applicationId, token, tokenExpiresAt }: TokenSource): TokenSource {
  return { applicationId, token, tokenExpiresAt };
}
