"""The recipe of starter-detector: people, balls, bottles and boxes in small pictures."""
