"""A day at a delivered installation, and a search of all that its parts wrote for what no log may hold."""
