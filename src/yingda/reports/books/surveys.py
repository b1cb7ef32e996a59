"""Surveys: offered once a handling was over, and ended with one result (metrics.md section 7, quality; S1).

They count where their handling does: its agent, its queue, the interval in which the customer was asked.
"""

from __future__ import annotations

from yingda.kernel.event import Envelope
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.books.shelf import BooksError
from yingda.reports.customer_rows import Survey
from yingda.reports.quarters import SurveyQuarter, quarter_of
from yingda.reports.rows import Key

RESULTS = ("answered", "declined", "none")
SCORE = "score"
"""The question from which satisfaction is reckoned."""
RESOLVED = "resolved"
"""The question from which first-contact resolution is: yes or no, or 1 or 0."""
_YES, _NO = ("yes", "1", 1), ("no", "0", 0)
SATISFIED_FROM = 4
"""The top two of five."""


def cohort_key(row: Survey) -> Key:
    """The SurveyQuarter a survey counts in."""
    return (row.tenant_id, row.agent_id, row.queue_id, row.medium, quarter_of(row.offered))


def offered(books: Books, event: Envelope) -> None:
    contact, at = books.contact_at(event.interaction_id, event)
    handling = books.handlings.need(event.data["handling_id"])
    row = Survey(
        survey_id=event.data["survey_id"],
        tenant_id=event.tenant,
        interaction_id=contact.interaction_id,
        handling_id=handling.handling_id,
        agent_id=handling.agent_id,
        queue_id=handling.queue_id,
        medium=handling.medium,
        offered=at,
        test=handling.test,
    )
    books.surveys.add(row.survey_id, row)
    watch(books, row)
    if not row.test:
        _figures(books, row).surveys += 1


def watch(books: Books, row: Survey) -> None:
    """Count it among those that run (also when the books are opened again)."""
    if not row.test:
        books.asked.enter(cohort_key(row), row.survey_id, row)


def ended(books: Books, event: Envelope) -> None:
    _, at = books.contact_at(event.interaction_id, event)
    row, result = books.surveys.need(event.data["survey_id"]), event.data["result"]
    if row.ended is not None:
        raise BooksError("ended_twice", f"The survey {row.survey_id} is over: {row.result}.")
    answers = event.data["answers"] if isinstance(event.data["answers"], dict) else {}
    row.ended, row.result = at, result
    row.score, row.resolved = _points(answers.get(SCORE)), _said(answers.get(RESOLVED))
    if row.test:
        return
    figures = _figures(books, row)
    field = f"survey_{result}"
    setattr(figures, field, getattr(figures, field) + 1)
    if row.score is not None:
        figures.scored += 1
        figures.score_points += row.score
        figures.satisfied += row.score >= SATISFIED_FROM
    books.asked.leave(cohort_key(row), row.survey_id)


def _said(answer: object) -> bool | None:
    return True if answer in _YES else False if answer in _NO else None


def _points(score: object) -> int | None:
    """The score, if he gave one that is one of five."""
    return int(score) if isinstance(score, int | float) and 1 <= score <= 5 else None


def _figures(books: Books, row: Survey) -> SurveyQuarter:
    return books.survey_quarters.either(cohort_key(row), SurveyQuarter)


FOLDS |= {"survey.offered": offered, "survey.ended": ended}
