"""What every adapter of a port must keep; an adapter is proven by passing, not by resembling."""
