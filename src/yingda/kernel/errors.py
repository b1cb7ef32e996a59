"""Errors that reach a person: a code to look up, a sentence, the place, and what to do.

Every refusal in the house is one of these, so desk, API and command line say the same words.
"""

from __future__ import annotations


class YingdaError(Exception):
    """A refusal with a stable code (`agent_not_signed_in`) and one clear sentence.

    where: the thing or place at fault ("centre.yaml:12", "queue 售后"). todo: the next step, if there is one.
    """

    def __init__(self, code: str, sentence: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        step = f" {self.todo}" if self.todo else ""
        return f"{place}{self.sentence}{step}"

    def as_dict(self) -> dict[str, str]:
        """The shape that crosses the bus and the API."""
        return {"code": self.code, "sentence": self.sentence, "where": self.where, "todo": self.todo}

    @classmethod
    def from_dict(cls, raw: dict[str, str]) -> YingdaError:
        return cls(raw["code"], raw["sentence"], where=raw.get("where", ""), todo=raw.get("todo", ""))


class StartError(YingdaError):
    """The start cannot go on: the command line prints the sentence and exits with 2."""
