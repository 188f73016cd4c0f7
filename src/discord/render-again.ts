/** A job shown once more, as it stands until its pictures are there. Pure. */
import { ComponentType, type APIComponentInContainer, type APIMessageTopLevelComponent } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import { text } from './private-card.ts';
import { renderCard, type CardContext, type CardMessage } from './render.ts';
import { NOTHING_LESSENED, planShown } from './shown-files.ts';

/**
 * The card in words, its buttons at work: an answer must be out in 3 seconds, whatever its pictures weigh. Where the
 * first of them will be, it says so.
 */
export function renderComing(job: Job, context: CardContext): CardMessage['body'] {
  // What of its files cannot be shown as it is, and where it is instead, is said with the files.
  const { body, files } = renderCard(job, context, { ...planShown(job), ...NOTHING_LESSENED });
  if (files.length === 0) return body;
  const kind = files.every(({ isPoster }) => isPoster) ? 'image' : job.input.kind;
  const coming = context.locale.show.coming(kind, files.length);
  const components = body.components.map((component): APIMessageTopLevelComponent => {
    if (component.type !== ComponentType.Container) return component;
    return { ...component, components: withoutFiles(component.components, coming) };
  });
  return { ...body, components };
}

function withoutFiles(components: readonly APIComponentInContainer[], coming: string): APIComponentInContainer[] {
  const first = components.findIndex(isFile);
  return components.flatMap((component, index): APIComponentInContainer[] => {
    if (isFile(component)) return index === first ? [text(coming)] : [];
    const isPictured = component.type === ComponentType.Section && component.accessory.type === ComponentType.Thumbnail;
    return isPictured ? component.components : [component];
  });
}

function isFile({ type }: APIComponentInContainer): boolean {
  return type === ComponentType.MediaGallery || type === ComponentType.File;
}
