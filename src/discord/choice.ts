/** What is offered while an option is typed, and Discord's limits on it ("Application Command Option Choice"). */
import type { APIApplicationCommandOptionChoice } from 'discord-api-types/v10';

export type Choice = APIApplicationCommandOptionChoice<string>;

export const MOST_CHOICES = 25;
export const LONGEST_CHOICE = 100;
