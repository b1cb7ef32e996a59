"""What every floor stands on: ledger, clock, ids, configuration, bus, store, errors, logs."""
