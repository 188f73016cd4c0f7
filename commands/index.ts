/** The only list of commands. */
import type { Command } from '../src/discord/command.ts';
import { generate } from './generate.ts';
import { help } from './help.ts';
import { jobs } from './jobs.ts';
import { models } from './models.ts';

export const commands: readonly Command[] = [generate, models, jobs, help];
