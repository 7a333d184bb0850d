"""What a small seller writes down: sales and expenses, in full or in a few fields."""
