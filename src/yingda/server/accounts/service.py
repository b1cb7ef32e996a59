"""The state of accounts: who is locked out, whose second factor is asked for, who has to change something first.

Every method works within the caller's transaction; times are µs UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import SigningIn, User
from yingda.kernel.errors import YingdaError
from yingda.server.accounts import factor
from yingda.server.accounts.factor import Vault
from yingda.server.accounts.models import AccountState
from yingda.server.permissions import Must
from yingda.server.refusals import RefusalError

_accounts = AccountState.__table__


@dataclass(frozen=True, slots=True)
class Account:
    """A row of `AccountState`, or what stands for a row that is not there."""

    user_id: str
    totp: str | None = None
    totp_since: int | None = None
    totp_step: int = -1
    recovery: tuple[str, ...] = ()
    failures: int = 0
    locked_until: int = 0
    must_change: bool = False

    @property
    def has_factor(self) -> bool:
        return self.totp_since is not None


class Accounts:
    """vault: opens the secrets of second factors."""

    def __init__(self, vault: Vault, tenant: str) -> None:
        self._vault, self._tenant = vault, tenant

    # ---- the row --------------------------------------------------------------------------------------------------

    def read(self, connection: sa.Connection, user_id: str) -> Account:
        return self.read_all(connection, (user_id,))[user_id]

    def read_all(self, connection: sa.Connection, user_ids: Collection[str]) -> dict[str, Account]:
        """The account of each of these users."""
        theirs = (_accounts.c.tenant_id == self._tenant, _accounts.c.user_id.in_(user_ids))
        accounts = {user_id: Account(user_id) for user_id in user_ids}
        for row in connection.execute(sa.select(_accounts).where(*theirs)).mappings():
            kept = {name: value for name, value in row.items() if name != "tenant_id"}
            accounts[row["user_id"]] = Account(**{**kept, "recovery": tuple(row["recovery"].split())})
        return accounts

    def write(self, connection: sa.Connection, account: Account) -> None:
        key = {"tenant_id": self._tenant, "user_id": account.user_id}
        connection.execute(sa.delete(AccountState).filter_by(**key))
        fields = {name: getattr(account, name) for name in Account.__dataclass_fields__}
        row = {**key, **fields, "recovery": "\n".join(account.recovery)}
        connection.execute(sa.insert(AccountState), row)

    # ---- signing in -----------------------------------------------------------------------------------------------

    def refuse_locked(self, account: Account, now: int) -> None:
        """Raises account_locked while a lock-out lasts."""
        if now < account.locked_until:
            minutes = -(-(account.locked_until - now) // (60 * SECOND))
            raise RefusalError(
                "account_locked",
                "This account is locked after too many wrong passwords.",
                todo=f"Wait {minutes} min, or ask an administrator to unlock it.",
                headers={"Retry-After": str(60 * minutes)},
            )

    def failed(self, connection: sa.Connection, account: Account, rules: SigningIn, now: int) -> bool:
        """Count a wrong password or code; whether the account is locked by it."""
        failures = account.failures + 1
        locks = rules.lock_after > 0 and failures >= rules.lock_after
        until = now + rules.lock_minutes * 60 * SECOND if locks else account.locked_until
        self.write(connection, replace(account, failures=0 if locks else failures, locked_until=until))
        return locks

    def right_code(self, account: Account, code: str, now: int) -> Account | None:
        """The account after this code of its second factor was used; None if it is not right."""
        assert account.totp is not None
        step = factor.step_of(self._vault.open(account.user_id, account.totp), code, now, account.totp_step)
        if step is not None:
            return replace(account, totp_step=step)
        (digest,) = factor.digests([code])
        if digest in account.recovery:
            return replace(account, recovery=tuple(one for one in account.recovery if one != digest))
        return None

    def succeeded(self, connection: sa.Connection, account: Account) -> None:
        """Password and code were right: nothing counts against the account any more."""
        self.write(connection, replace(account, failures=0, locked_until=0))

    # ---- the second factor ----------------------------------------------------------------------------------------

    def begin(self, connection: sa.Connection, user_id: str) -> str:
        """A new secret, not in force before `confirm`. Raises factor_present."""
        account = self.read(connection, user_id)
        if account.has_factor:
            raise YingdaError(
                "factor_present",
                "A second factor is set up already.",
                todo="Remove it first, with its code.",
            )
        secret = factor.new_secret()
        self.write(connection, replace(account, totp=self._vault.seal(user_id, secret)))
        return secret

    def confirm(self, connection: sa.Connection, user_id: str, code: str, now: int) -> Sequence[str]:
        """The authenticator shows the right code: in force from now on. Returns the recovery codes, this once.

        Raises factor_present, factor_not_begun, wrong_code.
        """
        account = self.read(connection, user_id)
        if account.has_factor:
            raise YingdaError("factor_present", "A second factor is set up already.")
        if account.totp is None:
            raise YingdaError("factor_not_begun", "Nobody has begun to set up a second factor.", todo="Begin it.")
        used = self.right_code(account, code, now)
        if used is None:
            raise wrong_code()
        codes = factor.recovery_codes()
        self.write(connection, replace(used, totp_since=now, recovery=tuple(factor.digests(codes))))
        return codes

    def remove(self, connection: sa.Connection, user_id: str) -> None:
        account = self.read(connection, user_id)
        self.write(connection, replace(account, totp=None, totp_since=None, totp_step=-1, recovery=()))


def wrong_code() -> YingdaError:
    return YingdaError("wrong_code", "The code is wrong, or was used already.", todo="Wait for the next one.")


def duties(account: Account, user: User, rules: SigningIn) -> Must | None:
    """What the user has to do before anything else."""
    if account.must_change:
        return "change_password"
    return "enrol" if user.role in rules.second_factor and not account.has_factor else None
