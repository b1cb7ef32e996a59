"""A sentence on each element for those who write flows: (中文, English). The catalogue says what may stand in it."""

from __future__ import annotations

from typing import Final

_TABLE: Final = """
vxml | 文档的根：其中的表单和菜单可以被来电进入。 | The root: callers enter its forms and menus.
form | 对话：依次询问各表单项，直到全部填好。 | A dialog: asks its items one after another until all are filled.
menu | 菜单：来电者按键或说话，选择去处。 | A dialog in which a caller chooses by key or word.
choice | 菜单的一项：按哪个键，去哪里。 | One choice of a menu: which key, and where it leads.
field | 询问一个值：提示、收键、核对。 | Asks for one value: prompt, keys, check.
option | 字段的一个可选值及其按键。 | One value that a field may have, with its key.
block | 不等待输入，直接执行的内容。 | Things done without waiting for input.
initial | 开头的自由提问，一次填多个字段。 | An open question that may fill several fields.
subdialog | 调用另一个对话，并取回结果。 | Calls another dialog and takes its result.
object | 平台功能：按名查询客户、数据库等。 | A function of the platform, such as a look-up by name.
record | 录下来电者说的话。 | Records what the caller says.
transfer | 转给队列、座席或号码。 | Connects the caller to a queue, an agent or a number.
filled | 字段填好之后执行。 | Done when fields have been filled.
link | 在整个范围内有效的按键或语句，如按 0 转人工。 | A key or phrase that works everywhere in its scope, such as 0.
grammar | 可以接受的按键或说法（SRGS）。 | Which keys or words are taken (SRGS).
rule | 语法中的一条规则。 | One rule of a grammar.
item | 规则中的一段，可以重复。 | A part of a rule, which may repeat.
one-of | 几种说法中的一种。 | One of several alternatives.
token | 作为整体的一个词。 | Words taken as one.
ruleref | 引用另一条规则。 | Refers to another rule.
tag | 这种说法表示什么。 | What the alternative means.
example | 符合规则的例子。 | An example that the rule takes.
prompt | 说给来电者听的话。 | What is said to the caller.
audio | 播放录音；缺失时改为其中的文字。 | Plays a recording, or the text inside where it is missing.
value | 把变量的值说出来。 | Says the value of an expression.
enumerate | 逐项念出菜单的选择。 | Reads out the choices.
break | 停顿。 | A pause.
desc | 录音内容的说明。 | Describes a recording.
emphasis | 重读。 | Stresses words.
lexicon | 发音词典。 | A dictionary of pronunciations.
mark | 播放位置的记号。 | Names a place in a prompt.
p | 段落。 | A paragraph.
phoneme | 指定读音。 | Gives a pronunciation.
prosody | 语速、音高、音量。 | Rate, pitch and volume.
s | 句子。 | A sentence.
say-as | 读法：金额、日期、电话号码、逐位数字。 | How to read: money, date, telephone, digits.
sub | 用别的词代读。 | Says other words instead.
voice | 换一个声音。 | Another voice.
catch | 处理事件：挂机、出错、自定义事件。 | Handles events: hang-up, errors, those of one's own.
error | 处理错误。 | Handles errors.
help | 来电者求助时。 | When the caller asks for help.
noinput | 来电者没有反应时。 | When the caller says and presses nothing.
nomatch | 来电者按错键时。 | When the caller presses or says something else.
throw | 抛出事件。 | Raises an event.
var | 声明变量。 | Declares a variable.
assign | 给变量赋值。 | Gives a variable a value.
clear | 清空表单项，使其重新询问。 | Empties items so that they are asked again.
if | 条件成立时执行。 | Done if a condition holds.
elseif | 否则，若另一条件成立。 | Otherwise, if another condition holds.
else | 否则。 | Otherwise.
reprompt | 再播一遍提示。 | Plays the prompt again.
goto | 转到另一个对话或文档。 | Goes to another dialog or document.
submit | 带着变量取下一个文档。 | Fetches the next document with variables.
exit | 流程结束；来电进入队列。 | Ends the flow; the caller goes to the queue.
return | 子对话返回。 | Returns from a subdialog.
disconnect | 挂断来电。 | Hangs up.
script | ECMAScript 脚本。 | ECMAScript.
log | 写日志；label 为 goal 表示自助完成，person 表示要人工。 | Notes; the label goal: served, person: wants one.
data | 读取 XML 数据，不离开当前对话。 | Fetches XML data without leaving the dialog.
foreach | 对数组的每一项。 | For each item of an array.
property | 设置：等待时间、可打断、输入方式。 | A setting: time-outs, barge-in, input modes.
param | 传给子对话或功能的值。 | A value for a subdialog or a function.
meta | 文档说明：description 显示在列表中。 | About the document: its description stands in the list.
metadata | 结构化的文档说明。 | Structured data about the document.
"""


def _row(line: str) -> tuple[str, tuple[str, str]]:
    tag, zh, en = (part.strip() for part in line.split("|"))
    return tag, (zh, en)


HELP: Final = dict(map(_row, _TABLE.strip().splitlines()))
