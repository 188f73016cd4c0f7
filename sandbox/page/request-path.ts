/** Tokens to a dot, ids to a few characters, the query away: what is left says which call it was. */
export function shortenPath(path: string): string {
  const [bare = path] = path.split('?');
  return bare.split('/').map(shortenPart).join('/');
}

function shortenPart(part: string): string {
  if (/^\d{15,}$/u.test(part)) return `…${part.slice(-4)}`;
  // A model and what is asked of it: `gemini-3-pro-image:generateContent`.
  if (part.includes(':')) return part;
  if (part.length > 40) return '…';
  return part.length > 20 ? `${part.slice(0, 5)}…` : part;
}
