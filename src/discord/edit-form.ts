/** The form behind `Edit prompt`. */
import { ComponentType, TextInputStyle, type APIModalInteractionResponseCallbackData } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { formatCustomId } from './custom-id.ts';

const PROMPT_FIELD = 'prompt';
/** Discord's limit of a text input, and of a prompt. */
const LONGEST_PROMPT = 4_000;

export function renderEditForm(job: Job, locale: Locale): APIModalInteractionResponseCallbackData {
  return {
    title: locale.edit.title,
    custom_id: formatCustomId({ action: 'edit', jobId: job.id, argument: null }),
    components: [
      {
        type: ComponentType.Label,
        label: locale.edit.prompt,
        component: {
          type: ComponentType.TextInput,
          custom_id: PROMPT_FIELD,
          style: TextInputStyle.Paragraph,
          value: job.input.prompt,
          min_length: 1,
          max_length: LONGEST_PROMPT,
          required: true,
        },
      },
    ],
  };
}

export function readEditedPrompt(fields: ReadonlyMap<string, string>): string {
  return fields.get(PROMPT_FIELD)?.trim() ?? '';
}
