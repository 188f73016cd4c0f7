/** What Discord's client does before it sends a press or a modal: finds the component, refuses with a sentence. */
import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import type { APIModalInteractionResponseCallbackData } from 'discord-api-types/v10';
import { listComponents } from './components.ts';
import type { AnyComponent } from './components.ts';
import type { StoredMessage } from './messages.ts';

/** The `data` of a component interaction. Throws an Error with a sentence where nobody could press. */
export function buildPressData(
  stored: StoredMessage,
  customId: string,
  values: readonly string[] | undefined,
): Record<string, unknown> {
  // What Discord gives back has the same fields as what it takes, as far as they are read here.
  const components = (stored.message.components ?? []) as unknown as AnyComponent[];
  const component = listComponents(components).find((placed) => placed.component.custom_id === customId)?.component;
  if (!component) throw new Error(`The message has no component with the custom_id "${customId}".`);
  if (component.disabled) throw new Error(`The component "${component.label ?? customId}" is disabled.`);
  const data = { id: component.id, custom_id: customId, component_type: component.type };
  if (component.type === ComponentType.Button) {
    if (component.style === ButtonStyle.Link) throw new Error('A link button opens its address and sends nothing.');
    return data;
  }
  return { ...data, values: checkSelection(component, values ?? []) };
}

function checkSelection(select: AnyComponent, values: readonly string[]): readonly string[] {
  const [least, most] = [select.min_values ?? 1, select.max_values ?? 1];
  if (values.length < least || values.length > most) {
    throw new Error(`The menu takes ${least} to ${most} values, got ${values.length}.`);
  }
  const unknown = values.find((value) => select.options && !select.options.some((option) => option.value === value));
  if (unknown !== undefined) throw new Error(`The menu has no value "${unknown}".`);
  return values;
}

interface ModalPart extends AnyComponent {
  required?: boolean | null;
  min_length?: number | null;
  max_length?: number | null;
  value?: string | null;
}

/** The `data` of a modal submit. `values` by custom_id; a text that was not touched keeps its first value. */
export function buildModalData(
  modal: APIModalInteractionResponseCallbackData,
  customId: string,
  values: Readonly<Record<string, string>>,
): Record<string, unknown> {
  if (modal.custom_id !== customId) throw new Error(`Expected the open modal "${modal.custom_id}", got "${customId}".`);
  // The same object, read with the fields of every kind of component.
  const parts = modal.components as unknown as ModalPart[];
  const inputs = listComponents(parts).map((placed) => placed.component as ModalPart);
  const unknown = Object.keys(values).find((name) => !inputs.some((input) => input.custom_id === name));
  if (unknown !== undefined) throw new Error(`The modal has no input "${unknown}".`);
  let lastId = 0;
  const submit = (part: ModalPart): Record<string, unknown> => {
    lastId += 1;
    const id = part.id ? part.id : lastId;
    if (part.type === ComponentType.Label && part.component)
      return { type: part.type, id, component: submit(part.component) };
    if (part.type === ComponentType.ActionRow)
      return { type: part.type, id, components: (part.components ?? []).map(submit) };
    if (part.type === ComponentType.TextDisplay) return { type: part.type, id };
    return { type: part.type, id, custom_id: part.custom_id, ...readInput(part, values[part.custom_id ?? '']) };
  };
  return { custom_id: customId, components: parts.map(submit) };
}

/** Of a select, several values are given with commas between them. */
function readInput(part: ModalPart, given: string | undefined): Record<string, unknown> {
  const isRequired = part.required ?? true;
  const name = part.label ?? part.custom_id;
  if (part.type === ComponentType.TextInput) {
    const value = given ?? part.value ?? '';
    const [least, most] = [Math.max(part.min_length ?? 0, isRequired ? 1 : 0), part.max_length ?? 4_000];
    const isLeftOut = value === '' && !isRequired;
    if (!isLeftOut && value.length < least)
      throw new Error(`The input "${name}" needs at least ${least} characters, got ${value.length}.`);
    if (value.length > most)
      throw new Error(`The input "${name}" takes at most ${most} characters, got ${value.length}.`);
    return { value };
  }
  const values = given === undefined || given === '' ? [] : given.split(',');
  if (isRequired && values.length === 0) throw new Error(`The input "${name}" needs a value.`);
  if (part.type === ComponentType.Checkbox) return { value: given === 'true' };
  if (part.type === ComponentType.RadioGroup) return { value: values[0] ?? null };
  return { values };
}
