"""From the command line to the first step: what is decided, what it would cost, what people review."""
