"""The table of what a recording is by now, in the business store: the books say that it was made, this what became of
it. A row is there from the moment on at which the file was first found whole."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BusinessBase


class RecordingFile(BusinessBase):
    """form: `catalogue.Form`. path: below the recordings' folder, None once it has expired. key_id: of a sealed file.

    sha256, bytes: of the file as it lies there. superseded: the file this one replaced, until that is removed.
    ended, checked: µs UTC; checked is when the file was last seen with this length.
    """

    __tablename__ = "recording_file"
    __table_args__ = (
        sa.Index("ix_recording_file_tenant_id_form_ended", "tenant_id", "form", "ended"),
        sa.Index("ix_recording_file_tenant_id_checked", "tenant_id", "checked"),
        sa.Index("ix_recording_file_superseded", "superseded"),
    )

    tenant_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    recording_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    form: Mapped[str] = mapped_column(sa.String(8))
    path: Mapped[str | None] = mapped_column(sa.String(255))
    key_id: Mapped[str | None] = mapped_column(sa.String(16))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    bytes: Mapped[int] = mapped_column(sa.BigInteger)
    superseded: Mapped[str | None] = mapped_column(sa.String(255))
    ended: Mapped[int] = mapped_column(sa.BigInteger)
    checked: Mapped[int] = mapped_column(sa.BigInteger)
