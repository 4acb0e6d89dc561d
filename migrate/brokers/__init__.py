"""What a broker is and says: its address and the copies of it, its queues, its reports, counters and version."""
