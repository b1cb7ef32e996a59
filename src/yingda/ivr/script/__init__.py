"""ECMAScript for flows, behind one interface, so that the engine and the process it lives in can change."""
