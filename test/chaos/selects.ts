/** The selects of messages: what they ask, and what there is to choose. */
import { ComponentType, type APIMessage } from 'discord-api-types/v10';

export interface SeenSelect {
  customId: string;
  /** Values, in order. */
  values: string[];
}

/** Those with options of their own, wherever they stand among the components. */
export function selectsOf({ components }: Pick<APIMessage, 'components'>): SeenSelect[] {
  const found: SeenSelect[] = [];
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if ('type' in part && part.type === ComponentType.StringSelect && 'custom_id' in part && 'options' in part) {
      const options = part.options as { value: string }[];
      found.push({ customId: String(part.custom_id), values: options.map(({ value }) => value) });
    }
    for (const inner of Object.values(part)) walk(inner);
  };
  walk(components);
  return found;
}
