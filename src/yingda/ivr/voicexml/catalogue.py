"""Every element and attribute of VoiceXML 2.0 and 2.1 with what it may hold: the checks and docs/voicexml.md read this.

Attributes are written `name:type`, `name!:type` where required. Groups of attributes of which exactly one (`=`) or at
most one (`<`) may stand are written after them. Children are names; `#` means characters are allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class State(Enum):
    """How far the interpreter goes with an element or attribute."""

    DONE = "done"
    ACCEPTED = "accepted"  # read and checked; without effect here, as the recommendations allow


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its type (see `checks`), whether it must stand, and its state."""

    name: str
    kind: str
    required: bool
    state: State


@dataclass(frozen=True, slots=True)
class Group:
    """Attributes that exclude one another; one of them is needed if `needed`."""

    names: tuple[str, ...]
    needed: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """One element: attributes, groups, children, whether characters are allowed, section of the recommendation."""

    tag: str
    section: str
    attributes: dict[str, Attribute]
    groups: tuple[Group, ...]
    children: frozenset[str]
    characters: bool


FETCH: Final = "fetchaudio:uri fetchhint:hint fetchtimeout:time maxage:seconds maxstale:seconds"
FETCH_QUIET: Final = "fetchhint:hint fetchtimeout:time maxage:seconds maxstale:seconds"
MESSAGE: Final = "message:text messageexpr:expr"
ITEM: Final = "name:variable expr:expr cond:expr"
HANDLERS: Final = "catch error help noinput nomatch"
SPEECH: Final = (
    "# audio break emphasis enumerate foreach lexicon mark meta metadata p phoneme prosody s say-as sub value voice"
)
SPOKEN: Final = "# audio enumerate value"
ACTIONS: Final = (
    "# assign audio clear data disconnect enumerate exit foreach goto if log prompt reprompt return script "
    "submit throw value var"
)

_TABLE: Final = f"""
vxml        | 1.5   | version!:version application:uri xml:base:uri xml:lang:language | | {HANDLERS} data form link menu meta metadata property script var
form        | 2.1   | id:id scope:scope | | {HANDLERS} block data field filled grammar initial link object property record script subdialog transfer var
menu        | 2.2   | id:id scope:scope dtmf:boolean accept:accept | | {HANDLERS} {SPOKEN} choice prompt property
choice      | 2.2   | dtmf:keys accept:accept next:uri expr:expr event:event eventexpr:expr {MESSAGE} {FETCH} | =next,expr,event,eventexpr <message,messageexpr | {SPEECH} grammar
field       | 2.3.1 | {ITEM} type:builtin slot:slot modal:boolean | | {HANDLERS} {SPOKEN} filled grammar link option prompt property
option      | 2.3.1 | dtmf:keys accept:accept value:text | | #
block       | 2.3.2 | {ITEM} | | {ACTIONS}
initial     | 2.3.3 | {ITEM} | | {HANDLERS} {SPOKEN} link prompt property
subdialog   | 2.3.4 | {ITEM} namelist:variables src:uri srcexpr:expr method:method enctype:enctype {FETCH} | =src,srcexpr | {HANDLERS} {SPOKEN} filled param prompt property
object      | 2.3.5 | {ITEM} classid:uri codebase:uri codetype:text data:uri type:text archive:text {FETCH} | | {HANDLERS} {SPOKEN} filled param prompt property
record      | 2.3.6 | {ITEM} modal:boolean beep:boolean maxtime:time finalsilence:time dtmfterm:boolean type:text | | {HANDLERS} {SPOKEN} filled grammar prompt property
transfer    | 2.3.7 | {ITEM} dest:uri destexpr:expr bridge:boolean type:transfer connecttimeout:time maxtime:time transferaudio:uri aai:text aaiexpr:expr | =dest,destexpr <bridge,type <aai,aaiexpr | {HANDLERS} {SPOKEN} filled grammar prompt property
filled      | 2.4   | mode:mode namelist:variables | | {ACTIONS}
link        | 2.5   | next:uri expr:expr event:event eventexpr:expr {MESSAGE} dtmf:keys {FETCH} | =next,expr,event,eventexpr <message,messageexpr | grammar
grammar     | 3.1.1 | version:text xml:lang:language mode:inputmode root:text tag-format:text xml:base:uri scope:scope src:uri srcexpr:expr type:text weight:number {FETCH_QUIET} | <src,srcexpr | # example lexicon meta metadata rule tag
rule        | 3.1.1 | id!:text scope:rulescope | | # example item one-of ruleref tag token
item        | 3.1.1 | repeat:repeat repeat-prob:number weight:number xml:lang:language | | # item one-of ruleref tag token
one-of      | 3.1.1 | xml:lang:language | | item
token       | 3.1.1 | xml:lang:language | | #
ruleref     | 3.1.1 | uri:uri special:special type:text xml:lang:language | =uri,special |
tag         | 3.1.1 | | | #
example     | 3.1.1 | | | #
prompt      | 4.1   | bargein:boolean bargeintype:bargein cond:expr count:count timeout:time xml:lang:language xml:base:uri | | {SPEECH}
audio       | 4.1.3 | src:uri expr:expr {FETCH_QUIET} | =src,expr | {SPEECH} desc
value       | 4.1.4 | expr!:expr | |
enumerate   | 2.2.4 | | | {SPEECH}
break       | 4.1.1 | time:time strength:strength | |
desc        | 4.1.1 | xml:lang:language | | #
emphasis    | 4.1.1 | level:emphasis | | {SPEECH}
lexicon     | 4.1.1 | uri!:uri type:text | |
mark        | 4.1.1 | name:text nameexpr:expr | =name,nameexpr |
p           | 4.1.1 | xml:lang:language | | {SPEECH}
phoneme     | 4.1.1 | ph!:text alphabet:text | | #
prosody     | 4.1.1 | pitch:text contour:text range:text rate:text duration:time volume:text | | {SPEECH}
s           | 4.1.1 | xml:lang:language | | {SPEECH}
say-as      | 4.1.1 | interpret-as!:text format:text detail:text | | # value
sub         | 4.1.1 | alias!:text | | # value
voice       | 4.1.1 | xml:lang:language gender:gender age:count variant:count name:text | | {SPEECH}
catch       | 5.2.2 | event:events count:count cond:expr | | {ACTIONS}
error       | 5.2.3 | count:count cond:expr | | {ACTIONS}
help        | 5.2.3 | count:count cond:expr | | {ACTIONS}
noinput     | 5.2.3 | count:count cond:expr | | {ACTIONS}
nomatch     | 5.2.3 | count:count cond:expr | | {ACTIONS}
throw       | 5.2.1 | event:event eventexpr:expr {MESSAGE} | =event,eventexpr <message,messageexpr |
var         | 5.3.1 | name!:declared expr:expr | |
assign      | 5.3.2 | name!:target expr!:expr | |
clear       | 5.3.3 | namelist:variables | |
if          | 5.3.4 | cond!:expr | | {ACTIONS} else elseif
elseif      | 5.3.4 | cond!:expr | |
else        | 5.3.4 | | |
reprompt    | 5.3.6 | | |
goto        | 5.3.7 | next:uri expr:expr nextitem:variable expritem:expr {FETCH} | =next,expr,nextitem,expritem |
submit      | 5.3.8 | next:uri expr:expr namelist:variables method:method enctype:enctype {FETCH} | =next,expr |
exit        | 5.3.9 | expr:expr namelist:variables | <expr,namelist |
return      | 5.3.10 | event:event eventexpr:expr {MESSAGE} namelist:variables | <event,eventexpr,namelist <message,messageexpr |
disconnect  | 5.3.11 | namelist:variables | |
script      | 5.3.12 | src:uri srcexpr:expr charset:text {FETCH_QUIET} | <src,srcexpr | #
log         | 5.3.13 | label:text expr:expr | | # value
data        | 5.4 (2.1) | src:uri srcexpr:expr name:variable namelist:variables method:method enctype:enctype {FETCH} | =src,srcexpr |
foreach     | 6 (2.1) | array!:expr item!:variable | | {ACTIONS} break emphasis mark p phoneme prosody s say-as sub voice
property    | 6.3   | name!:text value!:text | |
param       | 6.4   | name!:variable expr:expr value:text valuetype:valuetype type:text | =expr,value |
meta        | 6.2.1 | name:text http-equiv:text content!:text | =name,http-equiv |
metadata    | 6.2.2 | | | *
"""

# Read and checked, but without effect here. The recommendations leave each of these to the platform.
_ACCEPTED: Final = {
    "audio": {"maxage", "maxstale"},
    "object": {"codebase", "codetype", "archive", "fetchaudio", "fetchtimeout", "maxage", "maxstale"},
    "param": {"valuetype", "type"},
    "prosody": {"contour", "range", "duration"},
    "item": {"repeat-prob", "xml:lang"},
    "one-of": {"xml:lang"},
    "token": {"xml:lang"},
    "desc": {"xml:lang"},
    "script": {"charset"},
    "lexicon": {"uri", "type"},
    "phoneme": {"ph", "alphabet"},
    "emphasis": {"level"},
    "voice": {"age", "variant"},
    "ruleref": {"type", "xml:lang"},
    "meta": {"name", "http-equiv", "content"},
}
_ACCEPTED_EVERYWHERE: Final = {"fetchhint"}


def _attribute(tag: str, word: str) -> Attribute:
    name, _, kind = word.rpartition(":")
    accepted = name in _ACCEPTED_EVERYWHERE or name in _ACCEPTED.get(tag, ())
    return Attribute(name.rstrip("!"), kind, name.endswith("!"), State.ACCEPTED if accepted else State.DONE)


def _kind(line: str) -> Kind:
    tag, section, attributes, groups, children = (part.strip() for part in line.split("|"))
    listed = [_attribute(tag, word) for word in attributes.split()]
    names = frozenset(children.split())
    return Kind(
        tag,
        section,
        {attribute.name: attribute for attribute in listed},
        tuple(Group(tuple(word[1:].split(",")), word[0] == "=") for word in groups.split()),
        names - {"#"},
        "#" in names,
    )


KINDS: Final = {kind.tag: kind for kind in map(_kind, _TABLE.strip().splitlines())}
INPUT_ITEMS: Final = frozenset({"field", "record", "transfer", "subdialog", "object"})
FORM_ITEMS: Final = INPUT_ITEMS | {"initial", "block"}
HANDLER_TAGS: Final = frozenset(HANDLERS.split())
SPEECH_TAGS: Final = frozenset(SPEECH.split()) - {"#"}
