/** What `Download` gives once a job was removed: the pictures that are still on its card. Pure. */
import { ButtonStyle, ComponentType, type APIComponentInContainer } from 'discord-api-types/v10';
import type { Locale } from '../locales/locale.ts';
import { COLOURS } from './colours.ts';
import { privateCard, seconds, text, type PrivateCard } from './private-card.ts';

/** Buttons of a row (Discord: components, "Action Row"). */
const MOST_LINKS = 5;

export interface CardPicture {
  url: string;
  description: string | null;
}

export function renderCardPictures(pictures: readonly CardPicture[], removedAt: number, locale: Locale): PrivateCard {
  const day = seconds(removedAt);
  const [first] = pictures;
  if (first === undefined) return privateCard(COLOURS.queued, [text(locale.refusals.removed(day))]);
  const shown = pictures.slice(0, MOST_LINKS);
  const links: APIComponentInContainer = {
    type: ComponentType.ActionRow,
    components: shown.map(({ url }) => ({
      type: ComponentType.Button,
      style: ButtonStyle.Link,
      label: locale.buttons.open,
      url,
    })),
  };
  return privateCard(COLOURS.queued, [
    text(locale.refusals.removedWithPictures(day)),
    { type: ComponentType.MediaGallery, items: shown.map(({ url, description }) => ({ media: { url }, description })) },
    links,
  ]);
}
