/** Everything that answers people: commands, buttons, forms, lists. */
import { commands, menus } from '../../commands/index.ts';
import { Again } from '../discord/again.ts';
import { Animations } from '../discord/animations.ts';
import type { Ask } from '../discord/ask.ts';
import { Completions } from '../discord/autocomplete.ts';
import { Buttons } from '../discord/buttons.ts';
import { Details } from '../discord/details.ts';
import { Downloads } from '../discord/downloads.ts';
import { Drafts } from '../discord/drafts.ts';
import { Gallery } from '../discord/gallery.ts';
import { Help } from '../discord/help.ts';
import { JobChoices } from '../discord/job-choices.ts';
import { JobLists } from '../discord/job-lists.ts';
import { MessagePictures } from '../discord/message-pictures.ts';
import { ModelCards } from '../discord/models.ts';
import { chooseOwner } from '../discord/model-owner.ts';
import { Router } from '../discord/router.ts';
import { Show } from '../discord/show.ts';
import { SmallPictures } from '../discord/small-pictures.ts';
import { Thumbnails } from '../discord/thumbnails.ts';
import { UndeliveredTeller } from '../discord/undelivered.ts';
import { Clearing } from '../jobs/clearing.ts';
import { makePreview, makeThumbnail } from '../pictures/preview.ts';
import { chooseForVideo } from './providers.ts';
import type { Surroundings, Work } from './work.ts';

export interface AnsweringOptions extends Surroundings {
  work: Work;
}

export interface Answering {
  router: Router;
  drafts: Drafts;
  help: Help;
}

export function createAnswering(options: AnsweringOptions): Answering {
  const { config, stores, providers, api, answers, keeper, linkTo, work, clock, log, signal } = options;
  const { assets, jobs, undelivered } = stores;
  const { engine, intake, live, contextFor } = work;
  const { history } = jobs;
  const getJob = engine.get.bind(engine);
  const { defaultProvider } = config;
  const defaultProviders = { image: defaultProvider, video: chooseForVideo(defaultProvider, providers) };

  const clearing = new Clearing({ engine, store: jobs, history, clock });
  const details = new Details({ answers, clearing, live });
  const downloads = new Downloads({ api, answers, assets, linkTo, undelivered, clock, log });
  const pictures = new SmallPictures({ assets, makeThumbnail, makePreview, log });
  const thumbnails = new Thumbnails({ pictures, clock });
  const getRemovedAt = jobs.getRemovedAt.bind(jobs);
  const kept = { store: stores.drafts, keeper, assets, storeKey: stores.key, getRemovedAt };
  const drafts = new Drafts({ ...kept, thumbnails, answers, intake, clock, log, signal });
  const ownerOf = chooseOwner(providers, defaultProviders);
  const animations = new Animations({ answers, engine, intake, drafts, ownerOf });
  const messagePictures = new MessagePictures({ answers, engine, live, drafts, animations, defaultProviders });
  const again = new Again({ answers, intake, thumbnails });
  const buttons = new Buttons({ clock, answers, engine, jobs, intake, live, downloads, details, animations, again });
  const lists = new JobLists({ answers, clearing, clock, log });
  const models = new ModelCards({ answers, providers, defaultProvider });
  const jobChoices = new JobChoices({ listOpen: () => engine.listOpen(), store: jobs, history, clock });
  const completions = new Completions({ providers, defaultProvider, jobs: jobChoices });
  const show = new Show({ api, answers, live, getJob, contextFor, clock, log });
  const canAnimate = [...providers.values()].some(({ kinds }) => kinds.includes('video'));
  const gallery = new Gallery({ answers, show, history, store: jobs, getJob, assets, pictures, canAnimate, clock });
  const help = createHelp(options);
  const pictureParts = { gallery, show, animations, messagePictures };
  const context = { answers, intake, lists, help, models, completions, ownerOf, ...pictureParts };
  const isShown = live.isShown.bind(live);
  const teller = new UndeliveredTeller({ api, store: undelivered, getJob, isShown, clock, log });
  // Somebody who is still typing has no answer that a line could follow.
  const afterAnswer = async (ask: Ask): Promise<void> => (ask.kind === 'completion' ? undefined : teller.tell(ask));
  const parts = [lists, gallery, buttons, drafts];
  return { router: new Router({ commands, menus, context, parts, afterAnswer, clock, log }), drafts, help };
}

function createHelp({ answers, providers, config }: AnsweringOptions): Help {
  const { userRunningLimit, userWaitingLimit } = config.engine;
  return new Help({
    answers,
    commands,
    menus,
    providers: [...providers.keys()],
    runningLimit: userRunningLimit,
    waitingLimit: userWaitingLimit,
  });
}
