/** What a model's input may be, in words. Pure. */
import type { Locale } from '../locales/locale.ts';
import type { ModelInputField } from '../providers/provider.ts';

const MOST_CHOICES_SHOWN = 12;

/** The values, the bounds or the type: `webp, jpg, png`, `1 to 4`, `a whole number`. */
export function fieldRange({ choices, minimum, maximum, type }: ModelInputField, { models }: Locale): string {
  if (choices !== null) {
    const shown = choices.slice(0, MOST_CHOICES_SHOWN).join(', ');
    return choices.length > MOST_CHOICES_SHOWN ? `${shown}, …` : shown;
  }
  if (minimum !== null && maximum !== null) return models.between(minimum, maximum);
  if (minimum !== null) return models.atLeast(minimum);
  return maximum === null ? models.types[type] : models.atMost(maximum);
}
