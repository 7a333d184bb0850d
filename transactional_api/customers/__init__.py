"""Who a customer is: the business facts, and apart from them the personal values."""
