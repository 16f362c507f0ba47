"""What every service shares: the language of events, the engine, the brokers, the contracts."""
