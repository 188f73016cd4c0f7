/** A job shown once more, as it stands until its pictures are there. Pure. */
import { ComponentType, type APIComponentInContainer, type APIMessageTopLevelComponent } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import { text } from './private-card.ts';
import { renderCard, type CardContext, type CardMessage } from './render.ts';

/**
 * The card in words, its buttons at work: an answer must be out in 3 seconds, whatever its pictures weigh. Where a
 * picture will be, it says so.
 */
export function renderComing(job: Job, context: CardContext): CardMessage['body'] {
  const { body, files } = renderCard(job, context);
  if (files.length === 0) return body;
  return { ...body, components: withoutFiles(body.components, context.locale.show.coming) };
}

/** `coming` stands where the first file was. */
function withoutFiles<T extends APIMessageTopLevelComponent | APIComponentInContainer>(
  components: readonly T[],
  coming: string,
): T[] {
  let isSaid = false;
  return components.flatMap((component: APIMessageTopLevelComponent | APIComponentInContainer) => {
    const left = wordsOf(component, coming);
    if (left !== null) return left as T[];
    const first = isSaid ? [] : [text(coming)];
    isSaid = true;
    return first as unknown as T[];
  });
}

/** null: it is nothing but files. */
function wordsOf(
  component: APIMessageTopLevelComponent | APIComponentInContainer,
  coming: string,
): (APIMessageTopLevelComponent | APIComponentInContainer)[] | null {
  switch (component.type) {
    case ComponentType.MediaGallery:
    case ComponentType.File:
      return null;
    case ComponentType.Container:
      return [{ ...component, components: withoutFiles(component.components, coming) }];
    case ComponentType.Section:
      return component.accessory.type === ComponentType.Thumbnail ? component.components : [component];
    default:
      return [component];
  }
}
