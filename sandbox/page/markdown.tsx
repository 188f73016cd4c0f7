/** Discord's markdown as elements. Text only ever becomes text: nothing here writes HTML. */
import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { formatRelative, formatTime, useNow } from './clock.ts';
import { safeUrl } from './component-shape.ts';
import { parseMarkdown, type Block, type Inline } from './markdown-parse.ts';
import { usePage } from './page-context.ts';

/** A message's text. */
export function Markdown({ text }: { text: string }): JSX.Element {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return (
    <div class="markdown" dir="auto">
      <Blocks blocks={blocks} />
    </div>
  );
}

function Blocks({ blocks }: { blocks: readonly Block[] }): JSX.Element {
  return (
    <>
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </>
  );
}

function BlockView({ block }: { block: Block }): JSX.Element {
  switch (block.type) {
    case 'heading':
      return <Heading level={block.level} nodes={block.children} />;
    case 'subtext':
      return (
        <small class="subtext" dir="auto">
          <Inlines nodes={block.children} />
        </small>
      );
    case 'quote':
      return (
        <blockquote dir="auto">
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case 'code-block':
      return (
        <pre dir="auto">
          <code>{block.text}</code>
        </pre>
      );
    case 'list':
      return <List list={block} />;
    default:
      return (
        <p dir="auto">
          <Inlines nodes={block.children} />
        </p>
      );
  }
}

/** Two levels down: the page's own headings stand above every message's. */
function Heading({ level, nodes }: { level: 1 | 2 | 3; nodes: readonly Inline[] }): JSX.Element {
  const Tag = (['h3', 'h4', 'h5'] as const)[level - 1] ?? 'h5';
  return (
    <Tag class={`heading-${level}`} dir="auto">
      <Inlines nodes={nodes} />
    </Tag>
  );
}

function List({ list }: { list: Extract<Block, { type: 'list' }> }): JSX.Element {
  const items = list.items.map((item, index) => (
    <li key={index} dir="auto" style={{ marginInlineStart: `${item.depth * 1.25}rem` }}>
      <Inlines nodes={item.children} />
    </li>
  ));
  return list.isOrdered ? <ol start={list.start}>{items}</ol> : <ul>{items}</ul>;
}

function Inlines({ nodes }: { nodes: readonly Inline[] }): JSX.Element {
  return (
    <>
      {nodes.map((node, index) => (
        <InlineView key={index} node={node} />
      ))}
    </>
  );
}

function InlineView({ node }: { node: Inline }): JSX.Element {
  switch (node.type) {
    case 'text':
      return <>{node.text}</>;
    case 'code':
      return <code>{node.text}</code>;
    case 'bold':
      return (
        <strong>
          <Inlines nodes={node.children} />
        </strong>
      );
    case 'italic':
      return (
        <em>
          <Inlines nodes={node.children} />
        </em>
      );
    case 'underline':
      return (
        <u>
          <Inlines nodes={node.children} />
        </u>
      );
    case 'strike':
      return (
        <s>
          <Inlines nodes={node.children} />
        </s>
      );
    case 'spoiler':
      return (
        <Spoiler>
          <Inlines nodes={node.children} />
        </Spoiler>
      );
    case 'link':
      return (
        <Link url={node.url} title={node.title}>
          <Inlines nodes={node.children} />
        </Link>
      );
    case 'time':
      return <Time seconds={node.seconds} style={node.style} />;
    case 'emoji':
      return <span title="An emoji of a server">:{node.name}:</span>;
    case 'command':
      return <span class="mention">/{node.name}</span>;
    default:
      return <Mention kind={node.type} id={node.id} />;
  }
}

function Link({ url, title, children }: { url: string; title: string | undefined; children: ComponentChildren }) {
  const href = safeUrl(url);
  if (href === undefined) return <>{children}</>;
  return (
    <a href={href} title={title ?? href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function Time({ seconds, style }: { seconds: number; style: string }): JSX.Element {
  const now = useNow();
  const full = formatTime(seconds, 'F');
  return (
    <time class="timestamp" title={full}>
      {style === 'R' ? formatRelative(seconds, now) : formatTime(seconds, style)}
    </time>
  );
}

function Mention({ kind, id }: { kind: 'user' | 'channel' | 'role'; id: string }): JSX.Element {
  const { users, channels, roles } = usePage();
  if (kind === 'role') {
    const name = roles.find((role) => role.id === id)?.name ?? 'unknown-role';
    return <span class="mention">{name.startsWith('@') ? name : `@${name}`}</span>;
  }
  if (kind === 'channel') {
    return <span class="mention">#{channels.find((channel) => channel.id === id)?.name ?? 'unknown'}</span>;
  }
  return <span class="mention">@{users.find((user) => user.id === id)?.globalName ?? 'unknown-user'}</span>;
}

/** Hidden until it is pressed. */
export function Spoiler({ children }: { children: ComponentChildren }): JSX.Element {
  const [isOpen, open] = useState(false);
  if (isOpen) return <span class="spoiler is-open">{children}</span>;
  return (
    <button type="button" class="spoiler" aria-label="Spoiler: press to show" onClick={() => open(true)}>
      <span aria-hidden="true">{children}</span>
    </button>
  );
}
