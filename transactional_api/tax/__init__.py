"""What is taxed where and at which rate, the tenant's registrations, and its filings."""
