/** What Discord's client does before it sends a press: finds the component, refuses with a sentence. */
import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { listComponents } from './components.ts';
import type { AnyComponent } from './components.ts';
import type { StoredMessage } from './messages.ts';
import { buildResolved, isNamed } from './resolved.ts';
import type { NamedKind } from './resolved.ts';

/** The `data` of a component interaction. Throws an Error with a sentence where nobody could press. */
export function buildPressData(
  stored: StoredMessage,
  customId: string,
  values: readonly string[] | undefined,
  guildId: string,
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
  const chosen = checkSelection(component, values ?? [], guildId);
  return { ...data, values: chosen, ...buildResolved({ ids: listNamed(component, chosen) }, guildId) };
}

const MENU_KINDS: Readonly<Record<number, NamedKind>> = {
  [ComponentType.UserSelect]: 'user',
  [ComponentType.RoleSelect]: 'role',
  [ComponentType.MentionableSelect]: 'mentionable',
  [ComponentType.ChannelSelect]: 'channel',
};

/** What the values of a menu name, for `resolved`; nothing for a menu with options of its own. */
export function listNamed(menu: AnyComponent, values: readonly string[]): { kind: NamedKind; id: string }[] {
  const kind = MENU_KINDS[menu.type];
  return kind === undefined ? [] : values.map((id) => ({ kind, id }));
}

/** Gives the values back, or throws an Error with a sentence where the menu does not let them be chosen. */
export function checkSelection(menu: AnyComponent, values: readonly string[], guildId: string): readonly string[] {
  const [least, most] = [menu.min_values ?? 1, menu.max_values ?? 1];
  if (values.length < least || values.length > most) {
    throw new Error(`The menu takes ${least} to ${most} values, got ${values.length}.`);
  }
  const unknown = values.find((value) => menu.options && !menu.options.some((option) => option.value === value));
  if (unknown !== undefined) throw new Error(`The menu has no value "${unknown}".`);
  const foreign = listNamed(menu, values).find(({ kind, id }) => !isNamed(kind, id, guildId));
  if (foreign) throw new Error(`The menu takes a ${foreign.kind} of this server, got "${foreign.id}".`);
  return values;
}
