"""Who hears the events: people and programs."""
