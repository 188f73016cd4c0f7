/** How one of several pictures is asked for: a private card with a select, or a form. Pure. */
import {
  ComponentType,
  TextInputStyle,
  type APIComponentInContainer,
  type APIModalInteractionResponseCallbackData,
  type APISelectMenuOption,
} from 'discord-api-types/v10';
import type { Locale } from '../locales/locale.ts';
import { COLOURS } from './colours.ts';
import type { Draft, DraftChoice } from './draft.ts';
import { formatDraftId } from './draft-id.ts';
import { quoteLine } from './markdown.ts';
import { privateCard, text, type PrivateCard } from './private-card.ts';

export interface PictureQuestion {
  question: string;
  /** What was typed before; empty: nothing. */
  prompt: string;
  customId: string;
  placeholder: string;
  options: readonly APISelectMenuOption[];
  /** Says which picture is which. */
  order: string;
  /** Shown above the select, each with the label of its option. */
  pictures: readonly { url: string; label: string }[];
}

/** Names of the form's inputs. */
const PROMPT_FIELD = 'prompt';
const PICTURE_FIELD = 'picture';
/** Discord's limit of a text input, and of a prompt. */
const LONGEST_PROMPT = 4_000;
const PROMPT_SHOWN = 200;

export function renderPick({ question, prompt, customId, ...choice }: PictureQuestion): PrivateCard {
  const { placeholder, options, order, pictures } = choice;
  const parts: APIComponentInContainer[] = [text(`### ${question}`)];
  if (prompt !== '') parts.push(text(`> ${quoteLine(prompt, PROMPT_SHOWN)}`));
  if (pictures.length > 0) {
    const items = pictures.map(({ url, label }) => ({ media: { url }, description: label }));
    parts.push({ type: ComponentType.MediaGallery, items }, text(`-# ${order}`));
  }
  const select = { type: ComponentType.StringSelect as const, custom_id: customId, placeholder, options: [...options] };
  parts.push({ type: ComponentType.ActionRow, components: [select] });
  return privateCard(COLOURS.queued, parts);
}

/** The value of an option is the place of its choice. */
export function optionsOf(choices: readonly Pick<DraftChoice, 'label' | 'description'>[]): APISelectMenuOption[] {
  return choices.map(({ label, description }, index) => ({
    label,
    value: String(index),
    ...(description === null ? {} : { description }),
  }));
}

/** The prompt, and which picture where there are several. Its first is chosen already, which saves a step. */
export function renderDraftForm({ id, choices }: Draft, { drafts }: Locale): APIModalInteractionResponseCallbackData {
  const form: APIModalInteractionResponseCallbackData = {
    title: drafts.formTitle,
    custom_id: formatDraftId(id),
    components: [
      {
        type: ComponentType.Label,
        label: drafts.formPrompt,
        component: {
          type: ComponentType.TextInput,
          custom_id: PROMPT_FIELD,
          style: TextInputStyle.Paragraph,
          min_length: 1,
          max_length: LONGEST_PROMPT,
          required: true,
        },
      },
    ],
  };
  if (choices.length === 1) return form;
  const options = optionsOf(choices).map((option, index) => (index === 0 ? { ...option, default: true } : option));
  form.components.push({
    type: ComponentType.Label,
    label: drafts.formPicture,
    component: { type: ComponentType.StringSelect, custom_id: PICTURE_FIELD, options },
  });
  return form;
}

/** What was filled in; the picture as the place of its choice. */
export function readDraftForm(fields: ReadonlyMap<string, string>): { prompt: string; picture: string } {
  return { prompt: fields.get(PROMPT_FIELD)?.trim() ?? '', picture: fields.get(PICTURE_FIELD) ?? '0' };
}
