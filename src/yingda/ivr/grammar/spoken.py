"""The built-in types as people say them, in Chinese and English: ABNF with SISR scripts, read by `builtin`."""

from __future__ import annotations

from typing import Final

_ZH_ONE: Final = """$one = (零|〇|0){out="0"} | (一|幺|1){out="1"} | (二|两|2){out="2"} | (三|3){out="3"} | (四|4){out="4"}
 | (五|5){out="5"} | (六|6){out="6"} | (七|7){out="7"} | (八|8){out="8"} | (九|9){out="9"};"""
_EN_ONE: Final = """$one = (zero|oh|o|0){out="0"} | (one|1){out="1"} | (two|2){out="2"} | (three|3){out="3"} | (four|4){out="4"}
 | (five|5){out="5"} | (six|6){out="6"} | (seven|7){out="7"} | (eight|8){out="8"} | (nine|9){out="9"};"""

# Reads 三千零五 and 2万5千 alike; a run of digits without units is itself.
_ZH_NUMBER: Final = """{!{ function num(t) {
  var d = "零一二三四五六七八九", u = {"十":10,"百":100,"千":1000}, total = 0, section = 0, n = null;
  for (var i = 0; i < t.length; i++) {
    var c = t[i].replace("两","二").replace("〇","零"), v = d.indexOf(c) >= 0 ? d.indexOf(c) : parseInt(c, 10);
    if (!isNaN(v)) { n = (n || 0) * 10 + v; }
    else if (u[c]) { section += (n === null ? 1 : n) * u[c]; n = null; }
    else if (c === "万") { total += (section + (n || 0)) * 1e4; section = 0; n = null; }
    else if (c === "亿") { total = (total + section + (n || 0)) * 1e8; section = 0; n = null; }
  }
  return total + section + (n || 0);
} }!};
"""
_ZH_WHOLE: Final = """$sign = 零|〇|一|二|两|三|四|五|六|七|八|九|十|百|千|万|亿|0|1|2|3|4|5|6|7|8|9;
$whole = $sign<1-24> {out=num(meta.current().text)};
$part = {out=""} ($one {out+=rules.one})<1-9>;
"""
_EN_NUMBER: Final = """$unit = one{out=1}|two{out=2}|three{out=3}|four{out=4}|five{out=5}|six{out=6}|seven{out=7}|eight{out=8}|nine{out=9};
$teen = ten{out=10}|eleven{out=11}|twelve{out=12}|thirteen{out=13}|fourteen{out=14}|fifteen{out=15}|sixteen{out=16}
 |seventeen{out=17}|eighteen{out=18}|nineteen{out=19};
$tens = twenty{out=20}|thirty{out=30}|forty{out=40}|fifty{out=50}|sixty{out=60}|seventy{out=70}|eighty{out=80}|ninety{out=90};
$hundred = $teen{out=rules.teen} | $tens{out=rules.tens} [$unit{out+=rules.unit}] | $unit{out=rules.unit};
$thousand = ($unit{out=rules.unit}|a{out=1}) hundred{out*=100} [[and] $hundred{out+=rules.hundred}] | $hundred{out=rules.hundred};
$digit = 0|1|2|3|4|5|6|7|8|9;
$figures = $digit<1-12> {out=Number(meta.current().text)};
$whole = zero{out=0} | $figures{out=rules.figures}
 | $thousand{out=rules.thousand*1e6} million [[and] $thousand{out+=rules.thousand*1e3} thousand] [[and] $thousand{out+=rules.thousand}]
 | $thousand{out=rules.thousand*1e3} thousand [[and] $thousand{out+=rules.thousand}] | $thousand{out=rules.thousand};
$part = {out=""} ($one {out+=rules.one})<1-9>;
"""
_TWO: Final = '{!{ function two(n) { return (n < 10 ? "0" : "") + n; } }!};\n'
_MONTHS_TEXT: Final = "january february march april may june july august september october november december"
_MONTHS: Final = _MONTHS_TEXT.split()
_DAYS_TEXT: Final = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)
_DAYS: Final = _DAYS_TEXT.split()


def _en_date() -> str:
    months = "|".join(f'{name}{{out="{number:02}"}}' for number, name in enumerate(_MONTHS, 1))
    days = [f'{name}{{out="{number:02}"}}' for number, name in enumerate(_DAYS, 1)]
    days += [f'twenty {name}{{out="{number + 20}"}}' for number, name in enumerate(_DAYS[:9], 1)]
    days += ['thirtieth{out="30"}', 'thirty first{out="31"}']
    return f"""#ABNF 1.0; root $main; $month = {months}; $day = {"|".join(days)};
$digit = 0|1|2|3|4|5|6|7|8|9; $year = $digit<4> {{out=meta.current().text}};
$main = $month{{out="????"+rules.month}} [the] $day{{out+=rules.day}} [$year{{out=rules.year+out.slice(4)}}];"""


_POINT: Final = '[point $part{out+="."+rules.part}]'

SPOKEN: Final[dict[tuple[str, str], str]] = {
    ("zh", "boolean"): """#ABNF 1.0; root $main;
$main = (是 [的]|对 [的]|好 [的]|可以|确认|确定|嗯|要){out=true} | (不 [是|对|要|用|可以|好]|否|没有|取消|错 [了]){out=false};""",
    ("en", "boolean"): """#ABNF 1.0; root $main;
$main = (yes [please]|yeah|yep|sure|ok|okay|right|correct|true){out=true} | (no [thanks|thank you]|nope|wrong|false){out=false};""",
    ("zh", "digits"): f'#ABNF 1.0; root $main; {_ZH_ONE} $main = {{out=""}} ($one {{out+=rules.one}}) <1->;',
    ("en", "digits"): f'#ABNF 1.0; root $main; {_EN_ONE} $main = {{out=""}} ($one {{out+=rules.one}}) <1->;',
    ("zh", "phone"): f"""#ABNF 1.0; root $main; {_ZH_ONE}
$main = {{out=""}} ($one{{out+=rules.one}})<1-> [(转|分机){{out+="x"}} ($one{{out+=rules.one}})<1->];""",
    ("en", "phone"): f"""#ABNF 1.0; root $main; {_EN_ONE}
$main = {{out=""}} ($one{{out+=rules.one}})<1-> [extension{{out+="x"}} ($one{{out+=rules.one}})<1->];""",
    ("zh", "number"): f"""#ABNF 1.0; root $main; {_ZH_NUMBER}{_ZH_ONE}{_ZH_WHOLE}
$main = {{out=""}} [(负|减){{out="-"}}] $whole{{out+=rules.whole}} [点 $part{{out+="."+rules.part}}];""",
    ("en", "number"): f"""#ABNF 1.0; root $main; {_EN_ONE}{_EN_NUMBER}
$main = {{out=""}} [(minus|negative){{out="-"}}] $whole{{out+=rules.whole}} {_POINT};""",
    ("zh", "currency"): f"""#ABNF 1.0; root $main; {_ZH_NUMBER}{_ZH_ONE}{_ZH_WHOLE}
$main = $whole{{out="CNY"+rules.whole}} (元|块) [[钱] | $one{{out+="."+rules.one}} [角|毛]{{out+="0"}}
 | $one{{out+="."+rules.one}} (角|毛) $one{{out+=rules.one}} [分]];""",
    ("en", "currency"): f"""#ABNF 1.0; root $main; {_EN_ONE}{_EN_NUMBER}
$unitname = (yuan){{out="CNY"}} | (dollars|dollar){{out="USD"}} | (euros|euro){{out="EUR"}} | (pounds|pound){{out="GBP"}};
$cents = $hundred{{out=(rules.hundred<10?"0":"")+rules.hundred}};
$main = $whole{{out=rules.whole+".00"}} $unitname{{out=rules.unitname+out}}
 [[and] $cents{{out=out.slice(0,-2)+rules.cents}} [cents|pence|fen]];""",
    ("zh", "date"): f"""#ABNF 1.0; root $main; {_TWO}{_ZH_NUMBER}{_ZH_ONE}{_ZH_WHOLE}
$year = {{out=""}} ($one{{out+=rules.one}})<4>;
$main = {{out="????"}} [$year{{out=rules.year}} 年] $whole{{out+=two(rules.whole)}} 月 $whole{{out+=two(rules.whole)}} [日|号];""",
    ("en", "date"): _en_date(),
    ("zh", "time"): f"""#ABNF 1.0; root $main; {_TWO}{_ZH_NUMBER}{_ZH_ONE}{_ZH_WHOLE}
$half = (凌晨|早上|早晨|上午){{out="a"}} | (下午|晚上|傍晚){{out="p"}} | 中午{{out="p"}};
$main = {{!{{out={{x:""}}}}!}} [$half{{out.x=rules.half}}] $whole{{out.h=rules.whole; out.m=0}} (点 [钟] | 时)
 [半{{out.m=30}} | 整 | 一 刻{{out.m=15}} | $whole{{out.m=rules.whole}} [分]]
 {{out=two(out.h)+two(out.m)+(out.x || (out.h>12||out.h==0 ? "h" : "?"))}};""",
    ("en", "time"): f"""#ABNF 1.0; root $main; {_TWO}{_EN_ONE}{_EN_NUMBER}
$half = (am|a m){{out="a"}} | (pm|p m){{out="p"}};
$main = {{!{{out={{x:"",m:0}}}}!}} (noon{{out.h=12;out.x="p"}} | midnight{{out.h=0;out.x="h"}}
 | $hundred{{out.h=rules.hundred}} [o'clock | [oh] $hundred{{out.m=rules.hundred}}] [$half{{out.x=rules.half}}])
 {{out=two(out.h)+two(out.m)+(out.x || (out.h>12||out.h==0 ? "h" : "?"))}};""",
}
