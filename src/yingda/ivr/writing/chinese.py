"""What checks expect and what XML readers complain of, in Chinese. Names of elements stay as they are."""

from __future__ import annotations

import re
from typing import Final

EXPECTED: Final = {
    "exact or approximate": "exact 或 approximate",
    "speech or hotword": "speech 或 hotword",
    "true or false": "true 或 false",
    "a whole number from 1": "1 以上的整数",
    "strong, moderate, none or reduced": "strong、moderate、none 或 reduced",
    "application/x-www-form-urlencoded, multipart/form-data or application/json": (
        "application/x-www-form-urlencoded、multipart/form-data 或 application/json"
    ),
    "the name of an event, such as nomatch or com.example.late": "事件名，如 nomatch 或 com.example.late",
    "names of events between spaces": "以空格分隔的事件名",
    "male, female or neutral": "male、female 或 neutral",
    "prefetch or safe": "prefetch 或 safe",
    "a name without spaces and #": "不含空格和 # 的名称",
    "voice or dtmf": "voice 或 dtmf",
    "keys: 0 to 9, *, #": "按键：0 至 9、*、#",
    "a language tag such as zh-CN": "语言标记，如 zh-CN",
    "get or post": "get 或 post",
    "all or any": "all 或 any",
    "a number from 0": "0 以上的数",
    "a count such as 3, 1-4 or 2-": "次数，如 3、1-4 或 2-",
    "private or public": "private 或 public",
    "dialog or document": "dialog 或 document",
    "seconds as a whole number": "秒数（整数）",
    "a property's name, such as city or address.city": "属性名，如 city 或 address.city",
    "NULL, VOID or GARBAGE": "NULL、VOID 或 GARBAGE",
    "none, x-weak … x-strong": "none、x-weak … x-strong",
    "a variable, or a property of one": "变量，或变量的属性",
    "a time such as 5s or 300ms": "时间，如 5s 或 300ms",
    "bridge, blind or consultation": "bridge、blind 或 consultation",
    "data or ref": "data 或 ref",
    "the name of a variable": "变量名",
    "names of variables between spaces": "以空格分隔的变量名",
    "2.0 or 2.1": "2.0 或 2.1",
    "<form> or <menu>": "<form> 或 <menu>",
    "either src or content": "src 或内容，二者取一",
    "one <else>, and last": "只有一个 <else>，且在最后",
    "dtmf or <grammar>": "dtmf 或 <grammar>",
    "none": "无",
    "nothing": "无",
    "well-formed XML": "格式正确的 XML",
    "no <!DOCTYPE … [ ]>": "不带声明的文档",
}
EXPAT: Final = {
    "syntax error": "语法错误",
    "no element found": "没有任何元素，或结尾缺失",
    "not well-formed (invalid token)": "不该出现的字符",
    "unclosed token": "标记没有写完",
    "partial character": "字符不完整",
    "mismatched tag": "结束标记与开始标记不一致",
    "duplicate attribute": "属性重复",
    "junk after document element": "根元素之后还有内容",
    "undefined entity": "未定义的实体",
    "reference to invalid character number": "无效的字符编号",
    "XML declaration not well-formed": "XML 声明有误",
    "XML or text declaration not at start of entity": "XML 声明不在开头",
    "unclosed CDATA section": "CDATA 没有结束",
    "unbound prefix": "未声明的命名空间前缀",
    "must not undeclare prefix": "不能取消命名空间前缀",
}
_FORMS: Final = (
    (re.compile(r"a name other than that of line (\d+)"), r"与第 \1 行不同的名称"),
    (re.compile(r"one of (.+)"), r"\1 之一"),
    (re.compile(r"at most (\d+) levels"), r"最多 \1 层"),
    (re.compile(r"YAML without aliases"), "不含别名的 YAML"),
)


def expected(words: str) -> str:
    """What was expected, in Chinese; names and code as they are."""
    if words in EXPECTED:
        return EXPECTED[words]
    for form, chinese in _FORMS:
        if form.fullmatch(words):
            return form.sub(chinese, words).replace(" or ", " 或 ")
    return words.replace(" or ", " 或 ")


def complaint(words: str) -> str:
    """What is wrong with XML, in Chinese where there is a word for it."""
    return EXPAT.get(words, words)
