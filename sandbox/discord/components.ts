/** The rules for a message's components that the published schemas do not hold, and what Discord fills in. */
import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import type { APIAttachment, APIMessageTopLevelComponent } from 'discord-api-types/v10';
import type { FormIssue, FormPath } from './errors.ts';

const MOST_COMPONENTS = 40;
const MOST_TEXT = 4_000;
const MOST_LEGACY_ROWS = 5;
const ROW_WIDTH = 5;

interface Media {
  url: string;
}

/** Any component whose shape the schemas have already accepted. */
export interface AnyComponent {
  type: number;
  id?: number | null;
  components?: AnyComponent[];
  accessory?: AnyComponent;
  component?: AnyComponent;
  items?: { media: Media; description?: string | null; spoiler?: boolean | null }[];
  media?: Media;
  file?: Media;
  content?: string;
  custom_id?: string | null;
  style?: number;
  label?: string | null;
  emoji?: unknown;
  url?: string | null;
  sku_id?: string | null;
  disabled?: boolean | null;
  options?: { value: string; default?: boolean | null }[];
  /** Of a checkbox. */
  default?: boolean | null;
  min_values?: number | null;
  max_values?: number | null;
  description?: string | null;
  spoiler?: boolean | null;
  accent_color?: number | null;
  divider?: boolean | null;
  spacing?: number | null;
}

interface Placed {
  component: AnyComponent;
  path: FormPath;
}

export function listComponents(components: readonly AnyComponent[], path: FormPath = ['components']): Placed[] {
  return components.flatMap((component, index) => placeWithChildren(component, [...path, index]));
}

function placeWithChildren(component: AnyComponent, path: FormPath): Placed[] {
  return [
    { component, path },
    ...listComponents(component.components ?? [], [...path, 'components']),
    ...(component.accessory ? placeWithChildren(component.accessory, [...path, 'accessory']) : []),
    ...(component.component ? placeWithChildren(component.component, [...path, 'component']) : []),
  ];
}

/** Paths begin at `components`; the caller puts its prefix before them. */
export function checkComponents(components: readonly AnyComponent[], isV2: boolean): FormIssue[] {
  const placed = listComponents(components);
  return [
    ...(isV2 ? checkTotals(placed) : checkLegacy(components)),
    ...checkDuplicates(
      placed,
      'custom_id',
      'COMPONENT_CUSTOM_ID_DUPLICATED',
      'Component custom id cannot be duplicated',
    ),
    ...checkDuplicates(placed, 'id', 'COMPONENT_ID_DUPLICATED', 'Component id cannot be duplicated'),
    ...placed.flatMap(checkOne),
  ];
}

function checkLegacy(components: readonly AnyComponent[]): FormIssue[] {
  const tooMany =
    components.length > MOST_LEGACY_ROWS
      ? [
          {
            path: ['components'],
            code: 'BASE_TYPE_BAD_LENGTH',
            message: `Must be ${MOST_LEGACY_ROWS} or fewer in length.`,
          },
        ]
      : [];
  const wrong = components.flatMap((component, index) =>
    component.type === ComponentType.ActionRow
      ? []
      : [
          {
            path: ['components', index],
            code: 'UNION_TYPE_CHOICES',
            message: 'Value of field "type" must be one of (1,).',
          },
        ],
  );
  return [...tooMany, ...wrong];
}

function checkTotals(placed: readonly Placed[]): FormIssue[] {
  const issues: FormIssue[] = [];
  if (placed.length > MOST_COMPONENTS) {
    const message = `The total number of components in this message exceeds ${MOST_COMPONENTS} (was ${placed.length}).`;
    issues.push({ path: ['components'], code: 'COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED', message });
  }
  const text = textOf(placed).reduce((sum, content) => sum + content.length, 0);
  if (text > MOST_TEXT) {
    const message = `Total displayable text size cannot exceed ${MOST_TEXT} characters (was ${text}).`;
    issues.push({ path: ['components'], code: 'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED', message });
  }
  return issues;
}

/** An id of 0 counts as none. */
function checkDuplicates(
  placed: readonly Placed[],
  field: 'id' | 'custom_id',
  code: string,
  message: string,
): FormIssue[] {
  const seen = new Set<string | number>();
  return placed.flatMap(({ component, path }) => {
    const value = component[field];
    if (value === undefined || value === null || value === 0) return [];
    if (seen.has(value)) return [{ path: [...path, field], code, message }];
    seen.add(value);
    return [];
  });
}

function checkOne({ component, path }: Placed): FormIssue[] {
  switch (component.type) {
    case ComponentType.ActionRow:
      return checkRow(component, path);
    case ComponentType.Button:
      return checkButton(component, path);
    case ComponentType.StringSelect:
      return checkSelect(component, path);
    case ComponentType.Thumbnail:
      return checkMedia(component.media, [...path, 'media', 'url'], ['http', 'https', 'attachment']);
    case ComponentType.MediaGallery:
      return (component.items ?? []).flatMap((item, index) =>
        checkMedia(item.media, [...path, 'items', index, 'media', 'url'], ['http', 'https', 'attachment']),
      );
    case ComponentType.File:
      return checkMedia(component.file, [...path, 'file', 'url'], ['attachment']);
    default:
      return [];
  }
}

function checkRow(row: AnyComponent, path: FormPath): FormIssue[] {
  const children = row.components ?? [];
  const width = children.reduce((sum, child) => sum + (child.type === ComponentType.Button ? 1 : ROW_WIDTH), 0);
  if (width <= ROW_WIDTH) return [];
  return [
    { path, code: 'COMPONENT_LAYOUT_WIDTH_EXCEEDED', message: 'The specified component exceeds the maximum width' },
  ];
}

function checkButton(button: AnyComponent, path: FormPath): FormIssue[] {
  const isLink = button.style === ButtonStyle.Link;
  const isPremium = button.style === ButtonStyle.Premium;
  const needed = isLink ? 'url' : isPremium ? 'sku_id' : 'custom_id';
  const issues: FormIssue[] = [];
  for (const field of ['url', 'sku_id', 'custom_id'] as const) {
    const isGiven = button[field] !== undefined && button[field] !== null;
    if (field === needed && !isGiven) {
      issues.push({ path: [...path, field], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' });
    }
    if (field !== needed && isGiven) {
      const message = `A button of style ${button.style} cannot have ${field}.`;
      issues.push({ path: [...path, field], code: 'BUTTON_COMPONENT_INVALID_FIELD', message });
    }
  }
  if (!isPremium && !button.label && !button.emoji) {
    issues.push({
      path,
      code: 'BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED',
      message: 'A button needs a label or an emoji.',
    });
  }
  if (isLink && button.url)
    issues.push(...checkMedia({ url: button.url }, [...path, 'url'], ['http', 'https', 'discord']));
  return issues;
}

/** Of a menu with options of its own: no value twice, and bounds that fit. */
export function checkSelect(select: AnyComponent, path: FormPath): FormIssue[] {
  const values = (select.options ?? []).map((option) => option.value);
  const least = select.min_values ?? 1;
  const most = select.max_values ?? 1;
  const issues: FormIssue[] = [];
  if (new Set(values).size !== values.length) {
    const message = 'The specified option value is already used';
    issues.push({ path: [...path, 'options'], code: 'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED', message });
  }
  if (least > most || most > Math.max(values.length, 1)) {
    const message = `Expected min_values (${least}) up to max_values (${most}) up to the number of options (${values.length}).`;
    issues.push({ path: [...path, 'max_values'], code: 'SELECT_COMPONENT_MAX_VALUES_INVALID', message });
  }
  return issues;
}

function checkMedia(media: Media | undefined, path: FormPath, schemes: readonly string[]): FormIssue[] {
  const scheme = /^([a-z]+):/iu.exec(media?.url ?? '')?.[1]?.toLowerCase() ?? '';
  if (schemes.includes(scheme)) return [];
  const listed = schemes.map((allowed) => `'${allowed}'`).join(', ');
  const message = `Scheme "${scheme}" is not supported. Scheme must be one of (${listed}).`;
  return [{ path, code: 'URL_TYPE_INVALID_SCHEME', message }];
}

/** Every `attachment://name` must name a file of the message. */
export function checkReferences(
  components: readonly AnyComponent[],
  attachments: readonly APIAttachment[],
): FormIssue[] {
  return listComponents(components).flatMap(({ component, path }) =>
    mediaOf(component).flatMap(({ media, steps }) => {
      if (!media.url.startsWith('attachment://') || findReferenced(media.url, attachments)) return [];
      const message = `The referenced attachment "${media.url.slice('attachment://'.length)}" was not found.`;
      return [
        { path: [...path, ...steps, 'url'], code: 'UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND', message },
      ];
    }),
  );
}

function mediaOf(component: AnyComponent): { media: Media; steps: FormPath }[] {
  const found: { media: Media; steps: FormPath }[] = [];
  if (component.media) found.push({ media: component.media, steps: ['media'] });
  if (component.file) found.push({ media: component.file, steps: ['file'] });
  for (const [index, item] of (component.items ?? []).entries()) {
    found.push({ media: item.media, steps: ['items', index, 'media'] });
  }
  return found;
}

export function findReferenced(url: string, attachments: readonly APIAttachment[]): APIAttachment | undefined {
  if (url.startsWith('attachment://')) {
    const name = url.slice('attachment://'.length);
    return attachments.find((attachment) => attachment.filename === name);
  }
  const bare = url.split('?')[0];
  return attachments.find((attachment) => attachment.url === bare);
}

/** The components as Discord gives them back: numbered, defaults filled in, media resolved. */
export function resolveComponents(
  components: readonly AnyComponent[],
  attachments: readonly APIAttachment[],
  nextMediaId: () => string,
): APIMessageTopLevelComponent[] {
  const resolveMedia = (given: Media): Record<string, unknown> => ({
    id: nextMediaId(),
    ...describeMedia(given, attachments),
  });
  const taken = new Set(listComponents(components).map(({ component }) => component.id ?? 0));
  let last = 0;
  const nextId = (): number => {
    do last += 1;
    while (taken.has(last));
    return last;
  };
  const resolve = (component: AnyComponent): Record<string, unknown> => {
    const { components: children, accessory, media, file, items, ...rest } = component;
    return {
      ...defaultsOf(component.type),
      ...withoutNull(rest),
      id: component.id ? component.id : nextId(),
      ...(children ? { components: children.map(resolve) } : {}),
      ...(accessory ? { accessory: resolve(accessory) } : {}),
      ...(media ? { media: resolveMedia(media) } : {}),
      ...(file ? { file: resolveMedia(file), ...fileFacts(file, attachments) } : {}),
      ...(items
        ? {
            items: items.map((item) => ({
              description: null,
              spoiler: false,
              ...withoutNull(item),
              media: resolveMedia(item.media),
            })),
          }
        : {}),
    };
  };
  // Built from what the schemas accepted, with the fields of the response schemas filled in.
  return components.map(resolve) as unknown as APIMessageTopLevelComponent[];
}

function withoutNull(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function defaultsOf(type: number): Record<string, unknown> {
  switch (type) {
    case ComponentType.Container:
      return { accent_color: null, spoiler: false };
    case ComponentType.Separator:
      return { divider: true, spacing: 1 };
    case ComponentType.Thumbnail:
      return { description: null, spoiler: false };
    case ComponentType.File:
      return { spoiler: false };
    default:
      return {};
  }
}

/** An address outside is taken as it is: the sandbox fetches nothing. */
function describeMedia(media: Media, attachments: readonly APIAttachment[]): Record<string, unknown> {
  const attachment = findReferenced(media.url, attachments);
  if (!attachment) return { url: media.url, proxy_url: media.url, width: 0, height: 0, content_type: null };
  return {
    url: attachment.url,
    proxy_url: attachment.proxy_url,
    width: attachment.width ?? 0,
    height: attachment.height ?? 0,
    content_type: attachment.content_type,
    attachment_id: attachment.id,
  };
}

function fileFacts(media: Media, attachments: readonly APIAttachment[]): Record<string, unknown> {
  const attachment = findReferenced(media.url, attachments);
  return attachment ? { name: attachment.filename, size: attachment.size } : {};
}

function textOf(placed: readonly Placed[]): string[] {
  return placed.flatMap(({ component }) =>
    component.type === ComponentType.TextDisplay && component.content !== undefined ? [component.content] : [],
  );
}

/** What the message's text displays say, for mentions. */
export function collectText(components: readonly AnyComponent[]): string[] {
  return textOf(listComponents(components));
}
