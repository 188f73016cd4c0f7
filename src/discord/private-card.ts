/** Private answers that are cards of their own: lists, questions, details, help. Parts shared by their drawings. */
import {
  ButtonStyle,
  ComponentType,
  MessageFlags,
  type APIButtonComponentWithCustomId,
  type APIComponentInContainer,
  type APIMessageTopLevelComponent,
} from 'discord-api-types/v10';
import { COLOURS } from './colours.ts';

export interface PrivateCard {
  flags: number;
  components: APIMessageTopLevelComponent[];
  allowed_mentions: { parse: never[] };
}

export function privateCard(colour: number | null, components: APIComponentInContainer[]): PrivateCard {
  return {
    flags: MessageFlags.IsComponentsV2 | MessageFlags.Ephemeral,
    components: [{ type: ComponentType.Container, ...(colour === null ? {} : { accent_color: colour }), components }],
    allowed_mentions: { parse: [] },
  };
}

/** One sentence in place of a question: what became of it, or that it is under way. */
export function privateNote(sentence: string): PrivateCard {
  return privateCard(COLOURS.queued, [text(sentence)]);
}

export function text(content: string): { type: ComponentType.TextDisplay; content: string } {
  return { type: ComponentType.TextDisplay, content };
}

export function row(buttons: APIButtonComponentWithCustomId[]): APIComponentInContainer {
  return { type: ComponentType.ActionRow, components: buttons };
}

export function button(
  label: string,
  customId: string,
  style: APIButtonComponentWithCustomId['style'] = ButtonStyle.Secondary,
): APIButtonComponentWithCustomId {
  return { type: ComponentType.Button, style, label, custom_id: customId };
}

/** Discord's timestamps count in seconds. */
export function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
