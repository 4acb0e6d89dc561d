"""The checkpoints: what is written before and after every call, so that any process can go on."""
