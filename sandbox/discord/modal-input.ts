/** What Discord's client does before it sends a modal: reads every input, refuses with a sentence. */
import { ComponentType } from 'discord-api-types/v10';
import type { APIAttachment, APIModalInteractionResponseCallbackData } from 'discord-api-types/v10';
import type { ModalValue, PickedFile } from '../interface.ts';
import { checkSelection, listNamed } from './component-input.ts';
import { listComponents } from './components.ts';
import type { AnyComponent } from './components.ts';
import { buildResolved } from './resolved.ts';
import type { NamedKind } from './resolved.ts';
import { checkPickedFile, isPickedFile } from './uploads.ts';

const LONGEST_TEXT = 4_000;

interface ModalPart extends AnyComponent {
  required?: boolean | null;
  min_length?: number | null;
  max_length?: number | null;
  value?: string | null;
  file_types?: string[] | null;
}

export interface ModalAsk {
  customId: string;
  /** By custom_id. A text or a choice that is left out keeps what the modal opened with. */
  values: Readonly<Record<string, ModalValue>>;
  guildId: string;
  /** What a person may send there. */
  largestFileBytes: number;
}

/** What an input sends; a file is kept only when every input is right. */
type Answer = { value: string | boolean | null } | { values: readonly string[] } | { files: readonly PickedFile[] };

/** The `data` of a modal submit. Throws an Error with a sentence where the client would not send it. */
export function buildModalData(
  modal: APIModalInteractionResponseCallbackData,
  { customId, values, guildId, largestFileBytes }: ModalAsk,
  keepFile: (file: PickedFile) => APIAttachment,
): Record<string, unknown> {
  if (modal.custom_id !== customId) throw new Error(`Expected the open modal "${modal.custom_id}", got "${customId}".`);
  // The same object, read with the fields of every kind of component.
  const parts = modal.components as unknown as ModalPart[];
  const inputs = listComponents(parts)
    .map((placed) => placed.component as ModalPart)
    .filter((part) => typeof part.custom_id === 'string');
  const unknown = Object.keys(values).find((name) => !inputs.some((input) => input.custom_id === name));
  if (unknown !== undefined) throw new Error(`The modal has no input "${unknown}".`);
  const labels = new Map(
    parts.map((part) => [part.component?.custom_id ?? part.components?.[0]?.custom_id, part.label]),
  );
  const answers = new Map(
    inputs.map((input) => {
      const name = labels.get(input.custom_id) ?? input.label ?? input.custom_id ?? '';
      return [input, readInput(input, { name, given: values[input.custom_id ?? ''], guildId, largestFileBytes })];
    }),
  );
  const ids = [...answers].flatMap(([input, answer]) => ('values' in answer ? listNamed(input, answer.values) : []));
  return { custom_id: customId, ...writeParts(parts, { answers, ids, guildId, keepFile }) };
}

interface Written {
  answers: ReadonlyMap<ModalPart, Answer>;
  ids: readonly { kind: NamedKind; id: string }[];
  guildId: string;
  keepFile: (file: PickedFile) => APIAttachment;
}

function writeParts(
  parts: readonly ModalPart[],
  { answers, ids, guildId, keepFile }: Written,
): Record<string, unknown> {
  const attachments: APIAttachment[] = [];
  let lastId = 0;
  const write = (part: ModalPart): Record<string, unknown> => {
    lastId += 1;
    const place = { type: part.type, id: part.id ? part.id : lastId };
    if (part.type === ComponentType.Label && part.component) return { ...place, component: write(part.component) };
    if (part.type === ComponentType.ActionRow) return { ...place, components: (part.components ?? []).map(write) };
    const answer = answers.get(part);
    if (answer === undefined) return place;
    if (!('files' in answer)) return { ...place, custom_id: part.custom_id, ...answer };
    const kept = answer.files.map(keepFile);
    attachments.push(...kept);
    return { ...place, custom_id: part.custom_id, values: kept.map((attachment) => attachment.id) };
  };
  const components = parts.map(write);
  return { components, ...buildResolved({ ids, attachments }, guildId) };
}

interface Given {
  /** As the person reads it. */
  name: string;
  given: ModalValue | undefined;
  guildId: string;
  largestFileBytes: number;
}

function readInput(part: ModalPart, whole: Given): Answer {
  const { name, given, guildId } = whole;
  switch (part.type) {
    case ComponentType.TextInput:
      return { value: readText(part, name, given) };
    case ComponentType.Checkbox:
      return { value: readCheckbox(part, name, given) };
    case ComponentType.RadioGroup:
      return { value: readChoices(part, name, given, { least: 1, most: 1 })[0] ?? null };
    case ComponentType.CheckboxGroup:
      return { values: readChoices(part, name, given, rangeOf(part, part.options?.length ?? 1)) };
    case ComponentType.FileUpload:
      return { files: readFiles(part, whole) };
    default: {
      const chosen = readChoices(part, name, given, rangeOf(part, 1));
      // Left out where it may be: the menu's own range does not bind.
      return { values: chosen.length === 0 ? [] : checkSelection(part, chosen, guildId) };
    }
  }
}

function rangeOf(part: ModalPart, most: number): { least: number; most: number } {
  return { least: part.min_values ?? 1, most: part.max_values ?? most };
}

function readText(part: ModalPart, name: string, given: ModalValue | undefined): string {
  const value = given ?? part.value ?? '';
  if (typeof value !== 'string') throw new Error(`The input "${name}" is a text, got ${JSON.stringify(value)}.`);
  const isRequired = part.required ?? true;
  const [least, most] = [Math.max(part.min_length ?? 0, isRequired ? 1 : 0), part.max_length ?? LONGEST_TEXT];
  const isLeftOut = value === '' && !isRequired;
  if (!isLeftOut && value.length < least)
    throw new Error(`The input "${name}" needs at least ${least} characters, got ${value.length}.`);
  if (value.length > most)
    throw new Error(`The input "${name}" takes at most ${most} characters, got ${value.length}.`);
  return value;
}

function readCheckbox(part: ModalPart, name: string, given: ModalValue | undefined): boolean {
  const value = given ?? part.default ?? false;
  if (typeof value !== 'boolean')
    throw new Error(`The input "${name}" is true or false, got ${JSON.stringify(value)}.`);
  return value;
}

/** One text counts as a list of one; a menu, a radio group or checkboxes that are left out keep their defaults. */
function readChoices(
  part: ModalPart,
  name: string,
  given: ModalValue | undefined,
  { least, most }: { least: number; most: number },
): string[] {
  const defaults = (part.options ?? []).flatMap((option) => (option.default ? [option.value] : []));
  const list: unknown = typeof given === 'string' ? [given].filter((value) => value !== '') : (given ?? defaults);
  if (!Array.isArray(list) || !list.every((value): value is string => typeof value === 'string')) {
    throw new Error(`The input "${name}" takes a list of values, got ${JSON.stringify(given)}.`);
  }
  const isRequired = part.required ?? true;
  if (list.length === 0 && !isRequired) return [];
  if (list.length === 0) throw new Error(`The input "${name}" needs a value.`);
  if (list.length < least || list.length > most) {
    throw new Error(`The input "${name}" takes ${least} to ${most} values, got ${list.length}.`);
  }
  const unknown = list.find((value) => part.options && !part.options.some((option) => option.value === value));
  if (unknown !== undefined) throw new Error(`The input "${name}" has no value "${unknown}".`);
  return list;
}

function readFiles(part: ModalPart, { name, given, largestFileBytes }: Given): readonly PickedFile[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  if (given !== undefined && !Array.isArray(given)) throw new Error(`The input "${name}" takes a list of files.`);
  const files = list.filter(isPickedFile);
  if (files.length < list.length) throw new Error(`The input "${name}" takes files alone.`);
  const isRequired = part.required ?? true;
  if (files.length === 0 && !isRequired) return [];
  const { least, most } = rangeOf(part, 1);
  if (files.length === 0 && least > 0) throw new Error(`The input "${name}" needs a file.`);
  if (files.length < least || files.length > most) {
    throw new Error(`The input "${name}" takes ${least} to ${most} files, got ${files.length}.`);
  }
  for (const file of files) checkPickedFile(file, name, { fileTypes: part.file_types, largestBytes: largestFileBytes });
  return files;
}
