/** The form behind `Edit prompt`: of a listing its product, else the prompt. */
import {
  ComponentType,
  TextInputStyle,
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  type APITextInputComponent,
} from 'discord-api-types/v10';
import type { Job, Product } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { formatCustomId } from './custom-id.ts';

const PROMPT_FIELD = 'prompt';
const TITLE_FIELD = 'title';
const FEATURE_FIELDS = ['feature_1', 'feature_2', 'feature_3'] as const;
const AUDIENCE_FIELD = 'audience';
/** Discord's limit of a text input, and of a prompt. */
const LONGEST_PROMPT = 4_000;
/** As the options of `/listing`. */
const LONGEST_FACT = 200;

export function renderEditForm(job: Job, locale: Locale): APIModalInteractionResponseCallbackData {
  const { product } = job.input;
  return {
    title: product === null ? locale.edit.title : locale.listing.formTitle,
    custom_id: formatCustomId({ action: 'edit', jobId: job.id, argument: null }),
    components: product === null ? [promptField(job, locale)] : productFields(product, locale),
  };
}

function promptField({ input }: Job, { edit }: Locale): APILabelComponent {
  return label(edit.prompt(input.kind), {
    custom_id: PROMPT_FIELD,
    style: TextInputStyle.Paragraph,
    value: input.prompt,
    max_length: LONGEST_PROMPT,
    required: true,
  });
}

/** A form has room for five: the keywords stay as they are. */
function productFields({ title, features, audience }: Product, { listing }: Locale): APILabelComponent[] {
  return [
    label(listing.title, factInput(TITLE_FIELD, title, true)),
    ...FEATURE_FIELDS.map((field, index) =>
      label(listing.feature(index + 1), factInput(field, features[index] ?? '', index === 0)),
    ),
    label(listing.audience, factInput(AUDIENCE_FIELD, audience ?? '', false)),
  ];
}

type Input = Omit<APITextInputComponent, 'type'>;

function factInput(field: string, value: string, isRequired: boolean): Input {
  const filled = value === '' ? {} : { value };
  return {
    custom_id: field,
    style: TextInputStyle.Short,
    ...filled,
    max_length: LONGEST_FACT,
    required: isRequired,
  };
}

function label(words: string, input: Input): APILabelComponent {
  const least = input.required === true ? { min_length: 1 } : {};
  return {
    type: ComponentType.Label,
    label: words,
    component: { type: ComponentType.TextInput, ...input, ...least },
  };
}

export function readEditedPrompt(fields: ReadonlyMap<string, string>): string {
  return fields.get(PROMPT_FIELD)?.trim() ?? '';
}

/** As it was typed; a field that was emptied is null. */
export function readEditedProduct(fields: ReadonlyMap<string, string>): {
  title: string | null;
  features: (string | null)[];
  audience: string | null;
} {
  const read = (field: string): string | null => fields.get(field)?.trim() || null;
  return { title: read(TITLE_FIELD), features: FEATURE_FIELDS.map(read), audience: read(AUDIENCE_FIELD) };
}
