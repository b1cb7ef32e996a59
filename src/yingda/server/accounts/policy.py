"""What a password has to be, by the configuration (`centre.signing_in`)."""

from __future__ import annotations

from yingda.kernel.config.centre import SigningIn
from yingda.kernel.errors import YingdaError

_KINDS = (str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum())


def refuse_unfit(password: str, username: str, rules: SigningIn) -> None:
    """Raises YingdaError `password_unfit`, which says what is missing."""
    lacking = []
    if len(password) < rules.password_min:
        lacking.append(f"at least {rules.password_min} characters")
    kinds = sum(any(map(kind, password)) for kind in _KINDS)
    if kinds < rules.password_kinds:
        lacking.append(f"{rules.password_kinds} of: small letters, capitals, digits, other signs")
    if username.lower() in password.lower():
        lacking.append("not the user name in it")
    if len(set(password)) < min(5, rules.password_min):
        lacking.append("more different characters")
    if lacking:
        raise YingdaError("password_unfit", f"The password needs {'; '.join(lacking)}.", where="password")
