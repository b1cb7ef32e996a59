"""Our own small languages: what an entry needs (`needs`) and when a rule applies (`conditions`). Total and safe:
reading (`infix`) tells every mistake with its place, evaluating always ends and never fails."""
