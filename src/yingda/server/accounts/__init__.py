"""The safety of accounts: password policy, lock-out, second factor (RFC 6238), sessions seen and revoked."""
