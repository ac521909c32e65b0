"""A run's life: live, stored, resumed."""
