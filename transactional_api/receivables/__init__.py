"""What is still owed, by customers and to vendors, and which money of the bank it is."""
