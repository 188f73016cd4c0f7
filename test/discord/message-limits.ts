/**
 * What Discord would refuse about a Components V2 message, beyond the shape of each component. Sources:
 * Discord's components reference; 40 components from its change log (2025-04-29), 4000 characters from
 * the discord.js guide ("display components").
 */
import { MessageFlags } from 'discord-api-types/v10';

const MOST_COMPONENTS = 40;
const MOST_TEXT = 4_000;
const MOST_IN_ROW = 5;
const MOST_IN_GALLERY = 10;
const LONGEST_CUSTOM_ID = 100;
const LONGEST_LABEL = 80;
const LONGEST_ALT_TEXT = 1_024;
const TYPE = { row: 1, button: 2, text: 10, gallery: 12, container: 17 } as const;

type Component = Readonly<Record<string, unknown>>;

/** One sentence for each thing Discord would refuse, and for each file that no component shows. Empty: all is well. */
export function checkMessage(body: { flags: number; components: unknown }, fileNames: readonly string[]): string[] {
  const components = listAll(body.components);
  return [
    ...((body.flags & MessageFlags.IsComponentsV2) === 0 ? ['The Components V2 flag is not set.'] : []),
    ...((body.flags & MessageFlags.Ephemeral) !== 0 ? ['An edit cannot carry the ephemeral flag.'] : []),
    ...(components.length > MOST_COMPONENTS ? [`${components.length} components, at most ${MOST_COMPONENTS}.`] : []),
    ...checkTexts(components),
    ...checkButtons(components),
    ...checkGroups(components),
    ...checkFiles(body, fileNames),
  ];
}

/** Every component, however deep; all of them count. */
export function listAll(components: unknown): Component[] {
  return asList(components).flatMap((component) => [
    component,
    ...listAll(component['components']),
    ...listAll([component['accessory']].filter((accessory) => accessory !== undefined)),
  ]);
}

/** The text of every text display, one after the other. */
export function textsOf(components: unknown): string {
  return listAll(components)
    .filter(({ type }) => type === TYPE.text)
    .map(({ content }) => textOf(content))
    .join('\n');
}

export function buttonsOf(components: unknown): Component[] {
  return listAll(components).filter(({ type }) => type === TYPE.button);
}

function checkTexts(components: readonly Component[]): string[] {
  const texts = components.filter(({ type }) => type === TYPE.text).map(({ content }) => textOf(content));
  const sum = texts.reduce((total, text) => total + text.length, 0);
  return [
    ...(texts.some((text) => text.trim() === '') ? ['A text display is empty.'] : []),
    ...(texts.some((text) => !isWellFormed(text)) ? ['A text has half a character.'] : []),
    ...(sum > MOST_TEXT ? [`${sum} characters of text, at most ${MOST_TEXT}.`] : []),
  ];
}

function checkButtons(components: readonly Component[]): string[] {
  const buttons = components.filter(({ type }) => type === TYPE.button);
  const ids = buttons.map((button) => textOf(button['custom_id']));
  const labels = buttons.map((button) => textOf(button['label']));
  return [
    ...ids
      .filter((id) => id.length < 1 || id.length > LONGEST_CUSTOM_ID)
      .map((id) => `A custom_id has ${id.length} characters.`),
    ...(new Set(ids).size === ids.length ? [] : ['Two buttons have the same custom_id.']),
    ...labels
      .filter((label) => label.length < 1 || label.length > LONGEST_LABEL)
      .map((label) => `A label has ${label.length} characters.`),
  ];
}

function checkGroups(components: readonly Component[]): string[] {
  return components.flatMap((component) => {
    const size = asList(component['components']).length;
    const items = asList(component['items']);
    const altTexts = items.map(({ description }) => textOf(description));
    switch (component['type']) {
      case TYPE.row:
        return size >= 1 && size <= MOST_IN_ROW ? [] : [`A row has ${size} buttons.`];
      case TYPE.container:
        return size >= 1 ? [] : ['A container is empty.'];
      case TYPE.gallery:
        return [
          ...(items.length >= 1 && items.length <= MOST_IN_GALLERY ? [] : [`A gallery has ${items.length} pictures.`]),
          ...altTexts
            .filter((text) => text === '' || text.length > LONGEST_ALT_TEXT)
            .map((text) => `An alt text has ${text.length} characters.`),
          ...(altTexts.every(isWellFormed) ? [] : ['An alt text has half a character.']),
        ];
      default:
        return [];
    }
  });
}

function checkFiles(body: object, fileNames: readonly string[]): string[] {
  const named = [...JSON.stringify(body).matchAll(/"attachment:\/\/([^"]*)"/g)].map(([, name]) => name ?? '');
  return [
    ...named.filter((name) => !fileNames.includes(name)).map((name) => `attachment://${name} names no file.`),
    ...fileNames.filter((name) => !named.includes(name)).map((name) => `No component shows the file ${name}.`),
    ...fileNames.filter((name) => !/^[\w.-]+$/.test(name)).map((name) => `Discord would rename the file ${name}.`),
    ...(new Set(fileNames).size === fileNames.length ? [] : ['Two files have the same name.']),
  ];
}

function asList(value: unknown): Component[] {
  return Array.isArray(value) ? (value as Component[]) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
