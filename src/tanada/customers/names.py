"""Names for the customers of a demonstration bank, in kanji and katakana.

The tables hold common family and given names with their readings; whoever bears one is invented.
Family names stand in the order of how common they are, because the draw favours the first.
"""

from typing import Final, NamedTuple


class Name(NamedTuple):
    """A person's name, family name first, in kanji and in full-width katakana."""

    kanji: str
    kana: str


_FAMILY: Final = """
佐藤サトウ 鈴木スズキ 高橋タカハシ 田中タナカ 伊藤イトウ 渡辺ワタナベ 山本ヤマモト 中村ナカムラ
小林コバヤシ 加藤カトウ 吉田ヨシダ 山田ヤマダ 佐々木ササキ 山口ヤマグチ 松本マツモト 井上イノウエ
木村キムラ 林ハヤシ 斎藤サイトウ 清水シミズ 山崎ヤマザキ 森モリ 池田イケダ 橋本ハシモト 阿部アベ
石川イシカワ 山下ヤマシタ 中島ナカジマ 石井イシイ 小川オガワ 前田マエダ 岡田オカダ 長谷川ハセガワ
藤田フジタ 後藤ゴトウ 近藤コンドウ 村上ムラカミ 遠藤エンドウ 青木アオキ 坂本サカモト 福田フクダ
太田オオタ 西村ニシムラ 藤井フジイ 金子カネコ 岡本オカモト 藤原フジワラ 三浦ミウラ 中野ナカノ
中川ナカガワ 原田ハラダ 松田マツダ 竹内タケウチ 小野オノ 田村タムラ 中山ナカヤマ 和田ワダ
石田イシダ 森田モリタ 上田ウエダ 原ハラ 内田ウチダ 柴田シバタ 酒井サカイ 宮崎ミヤザキ 横山ヨコヤマ
高木タカギ 安藤アンドウ 宮本ミヤモト 大野オオノ 小島コジマ 谷口タニグチ 工藤クドウ 今井イマイ
高田タカダ 増田マスダ 丸山マルヤマ 杉山スギヤマ 村田ムラタ 大塚オオツカ 小山コヤマ 藤本フジモト
平野ヒラノ 新井アライ 河野コウノ 上野ウエノ 武田タケダ 野口ノグチ 松井マツイ 千葉チバ 菅原スガワラ
岩崎イワサキ 久保クボ 木下キノシタ 佐野サノ 野村ノムラ 松尾マツオ 菊地キクチ 市川イチカワ
杉本スギモト 古川フルカワ 大西オオニシ 島田シマダ 水野ミズノ 桜井サクライ 高野タカノ 渡部ワタベ
吉川ヨシカワ 山内ヤマウチ 西田ニシダ 飯田イイダ 菊池キクチ 西川ニシカワ 小松コマツ 北村キタムラ
安田ヤスダ 五十嵐イガラシ 川口カワグチ 平田ヒラタ 関セキ 中田ナカタ 久保田クボタ 服部ハットリ
東ヒガシ 岩田イワタ 土屋ツチヤ 川崎カワサキ 福島フクシマ 本田ホンダ 辻ツジ 樋口ヒグチ
"""

_GIVEN: Final = """
太郎タロウ 花子ハナコ 誠マコト 浩ヒロシ 隆タカシ 健一ケンイチ 和子カズコ 幸子サチコ 洋子ヨウコ
恵子ケイコ 久美子クミコ 由美子ユミコ 真由美マユミ 明美アケミ 智子トモコ 裕子ユウコ 直美ナオミ
陽子ヨウコ 美穂ミホ 大輔ダイスケ 健太ケンタ 翔太ショウタ 拓也タクヤ 直樹ナオキ 哲也テツヤ
達也タツヤ 和也カズヤ 学マナブ 翔ショウ 蓮レン 湊ミナト 陽翔ハルト 悠真ユウマ 大翔ヒロト 樹イツキ
颯太ソウタ 陽菜ヒナ 結衣ユイ 葵アオイ さくらサクラ 美咲ミサキ 七海ナナミ 彩アヤ 愛アイ 舞マイ
千尋チヒロ 麻衣マイ 瞳ヒトミ 沙織サオリ 恵メグミ 香織カオリ 純子ジュンコ 正マサシ 茂シゲル
勇イサム 実ミノル 清キヨシ 進ススム 勝マサル 豊ユタカ 博ヒロシ 昭アキラ 一郎イチロウ 二郎ジロウ
三郎サブロウ 節子セツコ 千代子チヨコ 文子フミコ 静子シズコ 美智子ミチコ 信一シンイチ 修オサム
剛ツヨシ 愛美マナミ 亮リョウ 俊介シュンスケ 雄太ユウタ 祐介ユウスケ 康平コウヘイ 梓アズサ 遥ハルカ
楓カエデ 凛リン 紬ツムギ 芽依メイ 莉子リコ 心春コハル 航ワタル 優斗ユウト 律リツ 朝陽アサヒ
新アラタ 蒼アオ 奏カナデ 詩ウタ 光ヒカル 薫カオル 忍シノブ 千秋チアキ 真琴マコト
"""


def _split(entry: str) -> Name:
    """Part ``山田ヤマダ`` where its reading begins: at the first katakana."""
    start = next(i for i, letter in enumerate(entry) if "ァ" <= letter <= "ヺ")
    return Name(entry[:start], entry[start:])


FAMILY_NAMES: Final = tuple(_split(entry) for entry in _FAMILY.split())
GIVEN_NAMES: Final = tuple(_split(entry) for entry in _GIVEN.split())

DRAW_BITS: Final = 48
"""Bits of chance that one name takes."""


def name_of(draw: int) -> Name:
    """The name that ``draw`` (``DRAW_BITS`` random bits) stands for; always the same one.

    The smaller of two draws picks the family name, so that common ones come up more often.
    """
    assert 0 <= draw < 1 << DRAW_BITS
    first, second, third = draw & 0xFFFF, draw >> 16 & 0xFFFF, draw >> 32
    family = FAMILY_NAMES[min(first, second) * len(FAMILY_NAMES) >> 16]
    given = GIVEN_NAMES[third * len(GIVEN_NAMES) >> 16]
    return Name(f"{family.kanji} {given.kanji}", f"{family.kana} {given.kana}")
