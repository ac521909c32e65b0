"""What the backends that speak HTTP share."""
