"""axe-core in a page: what a person with a screen reader, weak eyes or no mouse would stumble over."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Page

WEB = Path(__file__).resolve().parents[2] / "web"
SOURCE = WEB / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")

RUN = """async ([rules, grave]) => {
  const only = rules === null ? {} : {runOnly: {type: "rule", values: rules}};
  const found = await axe.run(document, {resultTypes: ["violations"], ...only});
  return found.violations
    .filter((one) => grave.includes(one.impact))
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`));
}"""
THEME = "(theme) => { document.documentElement.dataset.theme = theme; }"


async def stumbles(page: Page, where: str) -> list[str]:
    """Serious and critical findings in what the page shows now, with its contrasts in light and dark."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(SOURCE.read_text(encoding="utf-8"))
    own = await page.evaluate("document.documentElement.dataset.theme")
    found = [f"{where}, {own}: {one}" for one in await page.evaluate(RUN, [None, GRAVE])]
    other = "dark" if own == "light" else "light"
    await page.evaluate(THEME, other)
    found += [f"{where}, {other}: {one}" for one in await page.evaluate(RUN, [["color-contrast"], GRAVE])]
    await page.evaluate(THEME, own)
    return found


def rooms() -> set[str]:
    """The rooms of the house, as its router names them."""
    text = (WEB / "src" / "app.tsx").read_text(encoding="utf-8")
    union = re.search(r"^type Room = (.+);$", text, re.MULTILINE)
    assert union is not None, "app.tsx names its rooms otherwise"
    return set(re.findall(r'"(\w+)"', union[1]))
