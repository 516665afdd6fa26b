"""What tests share: a world of memory adapters, a clock to set, policies and keys."""
