"""Writes the tables of docs/voicexml.md from the code's own: elements, attributes, properties, default handlers.

python tools/voicexml_states.py          rewrites the page between its markers
"""

from __future__ import annotations

from pathlib import Path

from yingda.ivr.voicexml.catalogue import KINDS, State
from yingda.ivr.voicexml.events import DEFAULTS as HANDLERS
from yingda.ivr.voicexml.properties import DEFAULTS as PROPERTIES

PAGE = Path(__file__).parents[1] / "docs" / "voicexml.md"
BEGIN, END = "<!-- tables: begin -->\n", "<!-- tables: end -->\n"


def tables() -> str:
    """The tables in Markdown."""
    lines = ["### Elements", "", "| element | section | attributes | children |", "|---|---|---|---|"]
    for tag, kind in sorted(KINDS.items()):
        attributes = []
        for attribute in kind.attributes.values():
            star = "\\*" if attribute.state is State.ACCEPTED else ""
            attributes.append(f"**{attribute.name}**{star}" if attribute.required else f"{attribute.name}{star}")
        children = "anything" if "*" in kind.children else ", ".join(sorted(kind.children))
        text = "text" if kind.characters else ""
        inside = ", ".join(part for part in (text, children) if part) or "–"
        lines.append(f"| `{tag}` | {kind.section} | {', '.join(attributes) or '–'} | {inside} |")
    lines += ["", "### Properties", "", "| property | default |", "|---|---|"]
    lines += [f"| `{name}` | {default or '–'} |" for name, (_, default) in PROPERTIES.items()]
    lines += ["", "### Where a flow has no handler", "", "| event | said | then |", "|---|---|---|"]
    for row in HANDLERS:
        said = f"{row.chinese} · {row.english}" if row.english else "–"
        then = "the flow ends" if row.exit else "the item is prompted again" if row.reprompt else "the flow goes on"
        lines.append(f"| {f'`{row.event}`' if row.event else 'any other'} | {said} | {then} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with its tables as the code has them."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
