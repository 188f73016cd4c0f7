/**
 * What the address may ask of the page when it opens, for scripts that take pictures of it:
 *
 *   ?theme=light|dark   this theme, without keeping it
 *   &user=<id>          look through this person
 *   &channel=<id>       open this channel
 *   &panel=closed       without the panel on the right
 *
 * Anything else, or an id that there is not, is as if it were left out.
 */
export interface PageQuery {
  theme: 'dark' | 'light' | null;
  userId: string | null;
  channelId: string | null;
  isPanelClosed: boolean;
}

export function readPageQuery(search: string = location.search): PageQuery {
  const query = new URLSearchParams(search);
  const theme = query.get('theme');
  return {
    theme: theme === 'dark' || theme === 'light' ? theme : null,
    userId: query.get('user'),
    channelId: query.get('channel'),
    isPanelClosed: query.get('panel') === 'closed',
  };
}
