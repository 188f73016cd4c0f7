/** The only list of commands. */
import type { Command, MenuCommand } from '../src/discord/command.ts';
import { animate } from './animate.ts';
import { animateImage } from './animate-image.ts';
import { gallery } from './gallery.ts';
import { generate } from './generate.ts';
import { help } from './help.ts';
import { jobs } from './jobs.ts';
import { listing } from './listing.ts';
import { models } from './models.ts';
import { show } from './show.ts';
import { useAsReference } from './use-as-reference.ts';

export const commands: readonly Command[] = [generate, listing, animate, gallery, show, models, jobs, help];

/** Of the menu of a message. */
export const menus: readonly MenuCommand[] = [animateImage, useAsReference];
