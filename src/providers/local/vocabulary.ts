/**
 * The words the painter understands. English words count whole (`sea` is not in `search`), with their
 * plurals; Japanese, which has no spaces, is found anywhere, the longest word first (夜明け is no 夜).
 */

/** `_` stands for a space within a phrase. */
const WORDS = {
  // Light
  sunset:
    'sunset dusk evening twilight afterglow golden_hour magic_hour sundown 夕焼け 夕日 夕陽 夕暮れ 夕方 夕景 黄昏 たそがれ',
  dawn: 'dawn sunrise morning daybreak 朝焼け 朝日 朝陽 夜明け 日の出 早朝 朝',
  day: 'day daytime noon midday summer sunny sunshine sunlight blue_sky spring 昼 真昼 青空 晴れ 夏 春 日差し',
  night: 'night midnight nighttime nocturnal moonlit nightfall 夜 夜空 夜景 深夜 真夜中 今夜 星月夜',
  stars:
    'star starry starlight stargazing milky_way constellation shooting_star meteor 星 星空 天の川 流れ星 銀河 星座 流星',
  moon: 'moon moonlight moonrise full_moon crescent lunar 月 満月 三日月 月光 月夜 お月様 名月',
  aurora: 'aurora northern_lights borealis オーロラ',
  // Weather
  rain: 'rain rainy raining rainfall drizzle downpour umbrella monsoon wet 雨 大雨 梅雨 雨傘 傘 にわか雨',
  snow: 'snow snowy snowing snowfall snowstorm winter wintry blizzard frost frosty frozen arctic polar christmas ice icy glacier ski 雪 吹雪 雪景色 冬 氷 クリスマス 雪国',
  fog: 'fog foggy mist misty haze hazy 霧 靄 霞 もや',
  storm: 'storm stormy thunder thunderstorm lightning tempest hurricane 嵐 雷 稲妻 暴風 台風',
  autumn: 'autumn fall_leaves autumnal october 秋 紅葉 もみじ 落ち葉',
  // Places
  mountains:
    'mountain mountainous alp alps alpine peak summit volcano everest himalaya himalayas ridge cliff canyon 山 山々 山脈 峰 火山 谷 崖 高原',
  hills:
    'hill meadow field valley farm grass grassland countryside prairie pasture rice_field tea_field 丘 草原 田んぼ 畑 野原 田園 牧場 里山 田舎',
  sea: 'sea seaside ocean beach coast coastal shore seashore surf wave island bay harbor harbour underwater tropical 海 海辺 海岸 浜辺 砂浜 ビーチ 波 島 港 海底',
  lake: 'lake river pond waterfall stream lagoon fjord reservoir water 湖 川 池 滝 湖畔 水面 水辺',
  forest:
    'forest wood woods woodland jungle rainforest grove pine fir spruce redwood bamboo trees 森 森林 林 樹海 ジャングル 竹林 木々',
  city: 'city cityscape skyline town downtown metropolis urban skyscraper tokyo shibuya shinjuku osaka manhattan new_york nyc london paris building tower cyberpunk 街 都市 都会 町 街並み ビル 東京 大阪 渋谷 新宿 摩天楼',
  street:
    'street alley alleyway road avenue lane boulevard sidewalk crosswalk market 通り 路地 路地裏 道 横丁 商店街 交差点 街角',
  desert: 'desert dune sahara sand mojave pyramid oasis camel mars martian 砂漠 砂丘 ピラミッド オアシス ラクダ 火星',
  space:
    'space galaxy nebula cosmos cosmic universe planet planetary saturn jupiter spaceship starship rocket orbit asteroid astronaut comet interstellar alien 宇宙 惑星 星雲 ロケット 宇宙船 土星 木星 地球 宇宙飛行士 彗星',
  flowers:
    'flower floral bouquet blossom bloom garden rose tulip lavender sunflower lotus daisy poppy poppies orchid lily peony hydrangea petal wildflower 花 花畑 お花 薔薇 バラ ひまわり 向日葵 紫陽花 あじさい チューリップ ラベンダー 庭 庭園 花束 コスモス 菜の花 蓮',
  blossom: 'sakura cherry_blossom cherry_blossoms plum_blossom hanami 桜 さくら 花見 梅の花',
  fuji: 'fuji mount_fuji mt_fuji fujisan 富士山 富士',
  // What stands in the middle
  woman:
    'woman girl lady queen princess actress bride mother sister goddess geisha witch mermaid ballerina 女 女性 女の子 少女 彼女 姫 母 魔女 巫女 舞妓',
  man: 'man boy guy king prince father brother gentleman wizard samurai knight ninja warrior monk sailor cowboy pirate 男 男性 男の子 少年 彼 王 父 侍 忍者 武士 騎士 魔法使い',
  person:
    'person people human portrait face selfie headshot character child kid baby model dancer singer musician artist scientist doctor chef student traveler traveller hiker hero superhero elf vampire 人 人物 人間 肖像 顔 子供 子ども キャラクター ポートレート 旅人 歌手 画家 学生 勇者 エルフ',
  robot: 'robot android cyborg mecha mech droid automaton ロボット アンドロイド サイボーグ メカ',
  cat: 'cat kitten kitty feline lion tiger leopard panther lynx 猫 ネコ ねこ 子猫 仔猫 黒猫 ライオン 虎 トラ',
  dog: 'dog puppy doggo corgi shiba husky retriever poodle fox wolf wolves hound 犬 イヌ いぬ 子犬 仔犬 柴犬 狐 キツネ きつね 狼 オオカミ',
  bird: 'bird owl eagle hawk falcon crow raven sparrow parrot robin pigeon dove hummingbird phoenix 鳥 小鳥 フクロウ ふくろう 梟 鷹 鷲 カラス 烏 雀 すずめ スズメ オウム 鳩',
  deer: 'deer stag elk moose reindeer antelope fawn unicorn horse pony 鹿 シカ トナカイ 馬 ユニコーン',
  whale: 'whale dolphin orca 鯨 クジラ くじら イルカ シャチ',
  rabbit: 'rabbit bunny bunnies hare 兎 うさぎ ウサギ',
  boat: 'boat ship sailboat sailing sail yacht canoe ferry 船 ボート ヨット 帆船 舟',
  lighthouse: 'lighthouse beacon 灯台',
  house: 'house home cabin cottage hut barn church village 家 小屋 教会 村 山小屋 民家',
  castle: 'castle fortress palace 城 お城 宮殿',
  gate: 'torii shrine temple pagoda 鳥居 神社 寺 お寺',
  tree: 'tree oak maple willow 木 樹 大木 一本木',
  balloon: 'balloon hot_air_balloon 気球 風船',
  cup: 'cup mug coffee tea latte cappuccino espresso matcha cocoa teacup cafe café コーヒー 珈琲 お茶 紅茶 抹茶 ラテ カフェ マグカップ カップ',
  bottle:
    'bottle perfume wine beer whiskey whisky potion cosmetic serum shampoo lotion jar drink juice cocktail soda sake 瓶 香水 ワイン ビール 日本酒 飲み物 ジュース 化粧品 ボトル',
  fruit:
    'fruit apple lemon peach pear cherry grape strawberry banana mango citrus 果物 フルーツ りんご リンゴ 林檎 みかん レモン 桃 いちご ぶどう',
  bowl: 'bowl food ramen noodle soup sushi pizza burger salad curry rice dish meal breakfast lunch dinner cake bread dessert chocolate cookie pancake donut pasta steak 料理 食べ物 ご飯 ラーメン 寿司 うどん 蕎麦 そば カレー ケーキ パン デザート 弁当 丼 餅 月見うどん 海老',
  vase: 'vase pottery ceramic still_life vases 花瓶 陶器 静物 壺',
  product:
    'product object box packaging package watch shoe sneaker bag handbag phone smartphone laptop headphone camera lamp chair bike bicycle car toy gadget mockup 商品 製品 箱 時計 靴 スニーカー 鞄 バッグ スマホ カメラ 椅子 車 ランプ おもちゃ 物撮り',
  // Moods
  calm: 'calm quiet peaceful serene tranquil still gentle zen silent relaxing cozy lofi lo-fi 静か 穏やか 落ち着いた 静寂 のどか 癒し',
  dark: 'dark gloomy moody noir gothic grim horror scary haunted ominous sinister 暗い ダーク 不気味 ホラー 闇',
  dreamy:
    'dream dreamy dreamlike ethereal magic magical fantasy surreal fairy fairytale whimsical mystical enchanted 夢 幻想的 幻想 ファンタジー 魔法 メルヘン 神秘的',
  neon: 'neon cyberpunk synthwave vaporwave retrowave outrun glowing fluorescent electric ネオン サイバーパンク 電脳',
  pastel: 'pastel soft kawaii cute delicate watercolor watercolour パステル かわいい 可愛い 淡い 水彩 ゆめかわ',
  vintage:
    'vintage retro old antique sepia nostalgic faded 1950s 1960s 1970s film レトロ ヴィンテージ 懐かしい 昭和 古い セピア',
  vivid: 'vivid vibrant colorful colourful bright saturated psychedelic rainbow カラフル 鮮やか 虹 虹色 派手',
  fire: 'fire lava flame burning inferno bonfire campfire magma 火 炎 溶岩 焚き火 燃える',
  fireworks: 'firework fireworks 花火 打ち上げ花火',
  // Shapes
  ribbons: 'ribbon flow flowing silk wind music smoke fluid 風 音楽 流れ 煙 リボン',
  layers: 'layer paper papercut paper-cut origami fold 紙 折り紙 切り絵',
  facets:
    'crystal geometric polygon low_poly low-poly lowpoly diamond gem prism glass mosaic 水晶 宝石 ダイヤ ガラス 幾何学 結晶 多角形',
  rings: 'ring circle loop mandala spiral time infinity vinyl ripple 輪 円 時間 渦 曼荼羅 螺旋',
  blobs: 'gradient blur aura bubble lava_lamp liquid emotion love feeling グラデーション 泡 愛 心 オーラ 気持ち',
  abstract: 'abstract abstraction pattern wallpaper minimal minimalist 抽象 抽象的 模様 壁紙 ミニマル',
} as const;

export type Concept = keyof typeof WORDS;

/** Colours people name, as they mean them: strong and of middle lightness. */
const COLOR_WORDS = {
  '#d8343f': 'red crimson scarlet ruby 赤 赤い 紅 真っ赤 レッド',
  '#ee7d2b': 'orange tangerine amber オレンジ 橙',
  '#f2c531': 'yellow gold 黄色 黄 金 金色 黄金 イエロー',
  '#4fa34a': 'green emerald lime mint 緑 緑色 みどり グリーン 翠',
  '#1f9e9a': 'teal turquoise aqua cyan ターコイズ 青緑 水色 シアン',
  '#2f6fd6': 'blue azure cobalt sapphire navy indigo 青 青い ブルー 蒼 藍 藍色 紺',
  '#8148c4': 'purple violet magenta lilac mauve 紫 紫色 パープル すみれ色',
  '#ee7fa8': 'pink rose_gold coral salmon fuchsia ピンク 桃色 桜色',
  '#8a5a3a': 'brown chocolate_brown bronze copper rust 茶色 茶 ブラウン',
  '#eef1f4': 'white ivory silver 白 白い 真っ白 ホワイト 銀 銀色',
  '#15161c': 'black ebony 黒 黒い 真っ黒 ブラック',
  '#8d939b': 'gray grey monochrome グレー 灰色 モノクロ 白黒',
} as const;

/** What flowers look like whose name says it. */
const PETAL_WORDS = {
  '#f7a8c4': 'sakura cherry_blossom cherry_blossoms plum_blossom peony 桜 さくら 花見 牡丹',
  '#f4b22e': 'sunflower daffodil marigold ひまわり 向日葵 菜の花',
  '#d8324a': 'rose poppy poppies 薔薇 バラ 彼岸花',
  '#9277d8': 'lavender hydrangea iris wisteria violet ラベンダー 紫陽花 あじさい 藤 すみれ',
  '#f2eef2': 'daisy lily jasmine lotus 百合 ユリ 蓮 ヒナギク',
  '#ec6f9a': 'tulip orchid cosmos コスモス チューリップ 蘭',
} as const;

export interface Reading {
  concepts: ReadonlySet<Concept>;
  /** `#rrggbb`, three at most; those named in English in their order. */
  colors: readonly string[];
  /** `#rrggbb` of the flowers named, if their name says it. */
  petals: readonly string[];
}

interface Dictionary {
  /** From a word in lower case, without `_`, to its meanings with spaces between. */
  spaced: ReadonlyMap<string, string>;
  /** Longest first. */
  unspaced: readonly (readonly [word: string, meaning: string])[];
  longestPhrase: number;
}

const CONCEPTS = createDictionary(WORDS);
const COLORS = createDictionary(COLOR_WORDS);
const PETALS = createDictionary(PETAL_WORDS);

/** What a prompt names. The order of words plays no part but for colours: the first one counts most. */
export function readPrompt(prompt: string): Reading {
  const concepts = look(CONCEPTS, prompt).filter((word): word is Concept => word in WORDS);
  return {
    concepts: new Set(concepts),
    colors: [...new Set(look(COLORS, prompt))].slice(0, 3),
    petals: [...new Set(look(PETALS, prompt))].slice(0, 2),
  };
}

function createDictionary(table: Readonly<Record<string, string>>): Dictionary {
  const words = Object.entries(table).flatMap(([meaning, text]) =>
    text.split(' ').map((word): [string, string] => [word.replaceAll('_', ' '), meaning]),
  );
  const isSpaced = (word: string): boolean => /^[\p{Script=Latin}\d -]+$/u.test(word);
  // A word with two meanings keeps both: see `cyberpunk`.
  const meanings = words.reduce(
    (map, [word, meaning]) => map.set(word, [map.get(word), meaning].filter(Boolean).join(' ')),
    new Map<string, string>(),
  );
  const entries = [...meanings];
  const spaced = entries.filter(([word]) => isSpaced(word));
  return {
    spaced: new Map(spaced),
    unspaced: entries.filter(([word]) => !isSpaced(word)).toSorted(([a], [b]) => b.length - a.length),
    longestPhrase: Math.max(...spaced.map(([word]) => word.split(' ').length)),
  };
}

function look(dictionary: Dictionary, prompt: string): string[] {
  const text = prompt.normalize('NFKC').toLowerCase();
  return [...lookForSpaced(dictionary, text), ...lookForUnspaced(dictionary, text)];
}

function lookForSpaced({ spaced, longestPhrase }: Dictionary, text: string): string[] {
  const words = text.match(/[\p{Script=Latin}\d]+(?:-[\p{Script=Latin}\d]+)*/gu) ?? [];
  const whole = words.flatMap((word) => (word.includes('-') ? [word, ...word.split('-')] : [word]));
  const found: string[] = [];
  for (let at = 0; at < whole.length;) {
    const { meaning, length } = readAt(at);
    found.push(...meaning);
    at += length;
  }
  return found;

  /** The longest phrase that starts here: `cherry blossom` is no cherry. */
  function readAt(start: number): { meaning: string[]; length: number } {
    for (let length = longestPhrase; length >= 1; length--) {
      const phrase = whole.slice(start, start + length).join(' ');
      const meaning = singularsOf(phrase)
        .map((word) => spaced.get(word))
        .find(Boolean);
      if (meaning !== undefined) return { meaning: meaning.split(' '), length };
    }
    return { meaning: [], length: 1 };
  }
}

function singularsOf(word: string): string[] {
  return [word, word.replace(/s$/, ''), word.replace(/es$/, ''), word.replace(/ies$/, 'y'), word.replace(/ves$/, 'f')];
}

function lookForUnspaced({ unspaced }: Dictionary, text: string): string[] {
  const found: string[] = [];
  let rest = text;
  for (const [word, meaning] of unspaced) {
    if (!rest.includes(word)) continue;
    found.push(...meaning.split(' '));
    // What a longer word has taken is no shorter word's any more.
    rest = rest.replaceAll(word, ' ');
  }
  return found;
}
