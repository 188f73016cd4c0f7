/** A message's components, old and new (Components V2). */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { isVideo, KIND, safeUrl, type Component, type Emoji, type SelectOption } from './component-shape.ts';
import { Icon } from './icon.tsx';
import { Markdown } from './markdown.tsx';
import { FileRow, Gallery } from './media.tsx';
import { useActions, usePage } from './page-context.ts';

export function Components({ components }: { components: readonly Component[] }): JSX.Element {
  return (
    <>
      {components.map((component, index) => (
        <ComponentView key={component.custom_id ?? index} component={component} />
      ))}
    </>
  );
}

function ComponentView({ component }: { component: Component }): JSX.Element {
  switch (component.type) {
    case KIND.container:
      return <Container container={component} />;
    case KIND.textDisplay:
      return <Markdown text={component.content ?? ''} />;
    case KIND.section:
      return <Section section={component} />;
    case KIND.mediaGallery:
      return <Gallery items={(component.items ?? []).map(readItem)} />;
    case KIND.thumbnail:
      return <Thumbnail thumbnail={component} />;
    case KIND.file:
      return <File file={component} />;
    case KIND.separator:
      return <Separator separator={component} />;
    case KIND.actionRow:
      return (
        <div class="action-row">
          <Components components={component.components ?? []} />
        </div>
      );
    case KIND.button:
      return <Button button={component} />;
    case KIND.stringSelect:
    case KIND.userSelect:
    case KIND.roleSelect:
    case KIND.mentionableSelect:
    case KIND.channelSelect:
      return <Select select={component} />;
    default:
      return <p class="unknown-component">The sandbox's page does not show components of type {component.type} yet.</p>;
  }
}

function readItem(item: NonNullable<Component['items']>[number]) {
  return { media: item.media ?? {}, description: item.description ?? '', spoiler: item.spoiler === true };
}

function Container({ container }: { container: Component }): JSX.Element {
  const [isHidden, hide] = useState(container.spoiler === true);
  const accent = container.accent_color;
  const style = typeof accent === 'number' ? { '--accent': `#${accent.toString(16).padStart(6, '0')}` } : {};
  return (
    <div class={`container${typeof accent === 'number' ? ' has-accent' : ''}`} style={style}>
      {isHidden ? (
        <button type="button" class="container-spoiler" onClick={() => hide(false)}>
          Spoiler
        </button>
      ) : (
        <Components components={container.components ?? []} />
      )}
    </div>
  );
}

function Section({ section }: { section: Component }): JSX.Element {
  return (
    <div class="section">
      <div class="section-words">
        <Components components={section.components ?? []} />
      </div>
      {section.accessory !== undefined && <ComponentView component={section.accessory} />}
    </div>
  );
}

function Thumbnail({ thumbnail }: { thumbnail: Component }): JSX.Element {
  // Discord shows pictures there alone (its documentation, "Thumbnail").
  if (isVideo(thumbnail.media ?? {})) return <p class="unknown-component">A thumbnail cannot be a video.</p>;
  return (
    <div class="thumbnail">
      <Gallery
        items={[
          {
            media: { url: thumbnail.media?.url ?? '' },
            description: thumbnail.description ?? '',
            spoiler: thumbnail.spoiler === true,
          },
        ]}
      />
    </div>
  );
}

function File({ file }: { file: Component }): JSX.Element {
  const [isHidden, hide] = useState(file.spoiler === true);
  const url = file.file?.url;
  if (isHidden) {
    return (
      <button type="button" class="file media-spoiler" onClick={() => hide(false)}>
        Spoiler
      </button>
    );
  }
  return <FileRow file={{ name: file.name ?? nameOf(url), size: file.size, url }} />;
}

function nameOf(url: string | undefined): string {
  const path = (url ?? '').split(/[?#]/u)[0] ?? '';
  try {
    return decodeURIComponent(path.split('/').at(-1) ?? '') || 'file';
  } catch {
    return 'file';
  }
}

function Separator({ separator }: { separator: Component }): JSX.Element {
  const size = separator.spacing === 2 ? 'is-large' : 'is-small';
  return separator.divider === false ? (
    <div class={`separator ${size}`} />
  ) : (
    <hr class={`separator has-line ${size}`} />
  );
}

const BUTTON_STYLES: Readonly<Record<number, string>> = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'danger' };
const LINK_STYLE = 5;

function Button({ button }: { button: Component }): JSX.Element {
  const { pending, press } = useActions();
  const words = <ButtonWords button={button} />;
  if (button.style === LINK_STYLE) {
    const href = safeUrl(button.url);
    return (
      <a
        class="button secondary"
        target="_blank"
        rel="noopener noreferrer"
        {...(href === undefined || button.disabled ? { 'aria-disabled': true, role: 'link' } : { href })}
      >
        {words}
        <Icon name="external" />
      </a>
    );
  }
  const isPending = button.custom_id !== undefined && pending.has(button.custom_id);
  return (
    <button
      type="button"
      class={`button ${BUTTON_STYLES[button.style ?? 2] ?? 'secondary'}${isPending ? ' is-pending' : ''}`}
      disabled={button.disabled === true || button.custom_id === undefined}
      aria-busy={isPending}
      onClick={() => {
        if (!isPending) press(button);
      }}
    >
      {words}
      {isPending && <Dots />}
    </button>
  );
}

function ButtonWords({ button }: { button: Component }): JSX.Element {
  return (
    <span class="button-words">
      <EmojiView emoji={button.emoji} />
      {button.label}
    </span>
  );
}

function EmojiView({ emoji }: { emoji: Emoji | null | undefined }): JSX.Element | null {
  if (!emoji?.name) return null;
  // Pictures of a server's own emoji are Discord's; here they are named.
  return <span class="emoji">{emoji.id ? `:${emoji.name}:` : emoji.name}</span>;
}

export function Dots(): JSX.Element {
  return (
    <span class="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}

function Select({ select }: { select: Component }): JSX.Element {
  const { pending, press } = useActions();
  const options = useSelectOptions(select);
  const isPending = select.custom_id !== undefined && pending.has(select.custom_id);
  const isDisabled = select.disabled === true || isPending;
  if ((select.max_values ?? 1) > 1) {
    return <MultiSelect select={select} options={options} isDisabled={isDisabled} press={press} />;
  }
  const chosen = options.find((option) => option.default === true)?.value ?? '';
  return (
    <select
      class={`select${isPending ? ' is-pending' : ''}`}
      aria-label={select.placeholder ?? 'Make a selection'}
      aria-busy={isPending}
      disabled={isDisabled}
      value={chosen}
      onChange={(event) => press(select, event.currentTarget.value === '' ? [] : [event.currentTarget.value])}
    >
      <option value="" disabled={(select.min_values ?? 1) > 0} hidden={(select.min_values ?? 1) > 0}>
        {select.placeholder ?? 'Make a selection'}
      </option>
      {options.map((option) => (
        <SelectChoice key={option.value} option={option} />
      ))}
    </select>
  );
}

/** One entry of a menu: emoji, label and description, in a line where a browser's menu has only one. */
export function SelectChoice(props: { option: SelectOption; isChosen?: boolean }): JSX.Element {
  const { option, isChosen } = props;
  const emoji = option.emoji?.name && !option.emoji.id ? `${option.emoji.name} ` : '';
  return (
    <option value={option.value} {...(isChosen === undefined ? {} : { selected: isChosen })}>
      {`${emoji}${option.label}`}
      {option.description && (
        <span class="option-description">
          <span class="option-dash"> – </span>
          {option.description}
        </span>
      )}
    </option>
  );
}

interface MultiSelectProps {
  select: Component;
  options: readonly SelectOption[];
  isDisabled: boolean;
  press(component: Component, values: string[]): void;
}

function MultiSelect({ select, options, isDisabled, press }: MultiSelectProps): JSX.Element {
  const given = options.filter((option) => option.default === true).map((option) => option.value);
  const [values, setValues] = useState<readonly string[]>(given);
  const [least, most] = [select.min_values ?? 1, select.max_values ?? 1];
  const toggle = (value: string): void =>
    setValues(values.includes(value) ? values.filter((other) => other !== value) : [...values, value]);
  return (
    <fieldset class="multi-select" disabled={isDisabled}>
      <legend>{select.placeholder ?? 'Make a selection'}</legend>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="checkbox"
            checked={values.includes(option.value)}
            disabled={!values.includes(option.value) && values.length >= most}
            onChange={() => toggle(option.value)}
          />
          <span>
            {option.emoji?.name && !option.emoji.id ? `${option.emoji.name} ` : ''}
            {option.label}
            {option.description && <small>{option.description}</small>}
          </span>
        </label>
      ))}
      <button
        type="button"
        class="button secondary"
        disabled={values.length < least}
        onClick={() => press(select, [...values])}
      >
        Select
      </button>
    </fieldset>
  );
}

/** A menu's own options, or what its kind offers in this server. */
export function useSelectOptions(select: Component): readonly SelectOption[] {
  const { members, roles, guildChannels } = usePage();
  const given = new Set(select.default_values?.map(({ id }) => id));
  const toOption = (label: string, value: string): SelectOption => ({ label, value, default: given.has(value) });
  const people = members.map((user) => toOption(user.globalName, user.id));
  const ranks = roles.map(({ name, id }) => toOption(name.startsWith('@') ? name : `@${name}`, id));
  switch (select.type) {
    case KIND.userSelect:
      return people;
    case KIND.roleSelect:
      return ranks;
    case KIND.mentionableSelect:
      return [...people, ...ranks];
    case KIND.channelSelect:
      return guildChannels.map((channel) => toOption(`#${channel.name}`, channel.id));
    default:
      return select.options ?? [];
  }
}
