/**
 * What a retry adds to a prompt when the service worked and gave nothing usable. The lines are neutral:
 * they ask for another picture of the same thing and never reword it to slip past a block.
 */
import { promptOf, type Request } from './job.ts';

/** In the order they are used; further retries keep the last one. */
const NEUTRAL_VARIATIONS = [
  '[VARIATION: A clear and simple composition]',
  '[VARIATION: Soft, natural light and a calm background]',
  '[VARIATION: A slightly different point of view]',
] as const;

/** For pictures that sell something, where mood may change but the product may not. */
const PRODUCT_VARIATIONS = [
  '[VARIATION: Emphasize clarity and simplicity]',
  '[VARIATION: Focus on product detail and precision]',
  '[VARIATION: Prioritize clean composition]',
] as const;

/** The prompt of an item as it is sent. `variation` 0 is the prompt as it was written. */
export function varyPrompt(
  input: Pick<Request, 'prompt' | 'itemPrompts' | 'product'>,
  itemName: string,
  variation: number,
): string {
  const prompt = promptOf(input, itemName);
  if (variation === 0) return prompt;
  const lines = input.product === null ? NEUTRAL_VARIATIONS : PRODUCT_VARIATIONS;
  const line = lines[Math.min(variation, lines.length) - 1];
  return line === undefined ? prompt : `${prompt}\n\n${line}`;
}
