/** The only list of commands. */
import type { Command } from '../src/discord/command.ts';
import { generate } from './generate.ts';

export const commands: readonly Command[] = [generate];
