"""The core that writes: customers, products, subscriptions, deals, invoices and payments, each change in a hash chain.

It never imports ingestion, models_ml or orchestration; what it needs of them it declares in `ports.py`.
"""
