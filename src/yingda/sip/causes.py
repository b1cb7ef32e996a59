"""Why a call was refused, in the words of the telephone network: Reason in replies (RFC 6432), causes of ITU-T Q.850.

The table is that of RFC 3398 section 8.2.6.1, for the codes that we answer an INVITE with.
"""

from __future__ import annotations

from collections.abc import Mapping

Q850: Mapping[int, tuple[int, str]] = {
    400: (41, "Temporary failure"),
    403: (21, "Call rejected"),
    404: (1, "Unallocated number"),
    405: (63, "Service or option unavailable"),
    406: (79, "Service or option not implemented"),
    408: (102, "Recovery on timer expiry"),
    410: (22, "Number changed"),
    415: (79, "Service or option not implemented"),
    416: (127, "Interworking, unspecified"),
    420: (127, "Interworking, unspecified"),
    422: (127, "Interworking, unspecified"),
    480: (18, "No user responding"),
    481: (41, "Temporary failure"),
    482: (25, "Exchange routing error"),
    483: (25, "Exchange routing error"),
    484: (28, "Invalid number format"),
    486: (17, "User busy"),
    488: (65, "Bearer capability not implemented"),
    500: (41, "Temporary failure"),
    501: (79, "Service or option not implemented"),
    503: (34, "No circuit or channel available"),
    504: (102, "Recovery on timer expiry"),
    600: (17, "User busy"),
    603: (21, "Call rejected"),
    604: (1, "Unallocated number"),
}


def reason(code: int) -> str | None:
    """The Reason value for a refusal; None where no cause fits."""
    cause = Q850.get(code)
    return f'Q.850;cause={cause[0]};text="{cause[1]}"' if cause is not None else None
